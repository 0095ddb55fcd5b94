package semantics

import (
	"bytes"
	"encoding/hex"

	"brink/edge/message"
	"brink/edge/wire"
	"brink/purge"
)

// patternBytes stand for something else in a pattern, and are in no tag that is sent
// as one.
const patternBytes = `()[]{}^$*+?\`

// unescaped returns a pattern that came in a URL as its sender meant it. Most bytes
// that mean something in a pattern cannot stand in a path as they are. So their
// escapes are undone, and any escape after a backslash. Others are part of the URLs
// that the pattern is compared with.
func unescaped(pattern []byte) []byte {
	text := make([]byte, 0, len(pattern))
	quoted := false // the byte before is a backslash that is none itself
	for i := 0; i < len(pattern); i++ {
		c := pattern[i]
		if d, ok := escapedByte(pattern[i:]); ok && (quoted || bytes.IndexByte([]byte(patternBytes+"|."), d) >= 0) {
			c = d
			i += len("5C")
		}
		quoted = c == '\\' && !quoted
		text = append(text, c)
	}
	return text
}

// escapedByte returns the byte that the escape at the beginning of b stands for.
func escapedByte(b []byte) (c byte, ok bool) {
	var one [1]byte
	if len(b) < len("%5C") || b[0] != '%' {
		return 0, false
	}
	_, err := hex.Decode(one[:], b[1:len("%5C")])
	return one[0], err == nil
}

// pathOf returns a text with which every path begins that the regular expression
// matches, and whether the whole target must equal the text. ok is false in case of
// doubt. The expression is taken to match from the start of the path.
//
// It understands only literal characters, escaped punctuation, and ".*" or "$" at
// the end. A lone dot stands for any character: the text ends before it.
func pathOf(pattern []byte) (text []byte, exact, ok bool) {
	pattern = bytes.TrimPrefix(pattern, []byte("^"))
	cut := false
	for i := 0; i < len(pattern); i++ {
		c := pattern[i]
		switch {
		case c == '.' && (string(pattern[i:]) == ".*" || string(pattern[i:]) == ".*$"):
			return text, false, startsPath(text, cut)
		case c == '.':
			cut = true
			continue
		case c == '$' && i == len(pattern)-1:
			return text, !cut, len(text) > 0 && startsPath(text, cut)
		case c == '\\' && i+1 < len(pattern) && punctuation(pattern[i+1]):
			i++
			c = pattern[i]
		case bytes.IndexByte([]byte(patternBytes+"|"), c) >= 0:
			return nil, false, false
		}
		switch {
		case c == '#': // in no URL
			return nil, false, false
		case cut:
		case c == '*':
			text = append(text, "%2A"...)
		default:
			text = append(text, c)
		}
	}
	return text, false, startsPath(text, cut)
}

// startsPath reports whether paths can begin with a text. A text that was cut must
// still be more than "/".
func startsPath(text []byte, cut bool) bool {
	if len(text) == 0 {
		return !cut
	}
	return text[0] == '/' && !(cut && len(text) == 1)
}

func punctuation(c byte) bool {
	return 0x21 <= c && c < 0x7f && c != '_' && (c < '0' || c > '9') && (wire.Lower(c) < 'a' || wire.Lower(c) > 'z')
}

// urlPattern returns the item that covers what a regular expression of URLs matches
// at a host: all of the site if that is everything.
func urlPattern(pattern []byte, host, site string, soft bool) (purge.Item, bool) {
	text, exact, ok := pathOf(pattern)
	path, _, query := bytes.Cut(text, []byte{'?'})
	item := purge.Item{Kind: purge.Prefix, Soft: soft}
	switch {
	case !ok:
		return item, false
	case exact:
		item.Kind, item.Name = purge.URL, host+string(text)
	case len(path) <= 1:
		item.Kind, item.Name = purge.Site, site
	case query: // a part of one
		item.Name = host + string(path)
	default:
		item.Name = host + string(path) + "*"
	}
	return item, true
}

// anchored reports whether a regular expression matches whole URLs, and not a text
// anywhere in a URL.
func anchored(pattern []byte) bool {
	return len(pattern) > 0 && pattern[0] == '^' || string(pattern) == ".*" || string(pattern) == "/.*"
}

// isHost reports whether a host name, or a regular expression of hosts, covers the
// host of the request (ok), and whether it covers every host (all).
func isHost(pattern []byte, u *message.URL) (all, ok bool) {
	if string(pattern) == ".*" {
		return true, true
	}
	pattern = bytes.TrimSuffix(bytes.TrimPrefix(pattern, []byte("^")), []byte("$"))
	pattern = bytes.TrimSuffix(bytes.TrimPrefix(pattern, []byte("(")), []byte(")"))
	pattern = bytes.ReplaceAll(pattern, []byte(`\`), nil)
	name, port, _ := bytes.Cut(pattern, []byte{':'})
	if len(bytes.Trim(port, "0123456789")) > 0 { // an IPv6 address
		name = pattern
	}
	return false, wire.EqualFold(name, string(u.Name))
}

// patternTags returns the tags that a pattern of tags stands for, as Magento 2 and
// FOSHttpCache send them:
//
//	((^|,)tag(,|$))|((^|,)another(,|$))    Magento, with the outer parentheses or without
//	(^|,)(tag|another)(,|$)                FOSHttpCache 2 and 3
//	(tag|another)(,.+)?$                   FOSHttpCache 1
//
// Other patterns are not ok.
func patternTags(pattern []byte) (tags []string, ok bool) {
	if list, found := bytes.CutSuffix(pattern, []byte(`)(,.+)?$`)); found && len(list) > 0 && list[0] == '(' {
		return appendTags(nil, list[1:])
	}
	for more := true; more; {
		rest, outer := bytes.CutPrefix(pattern, []byte{'('})
		closing := "(,|$))"
		if !outer || !bytes.HasPrefix(rest, []byte("(^|,)")) {
			rest, closing = pattern, "(,|$)"
		}
		rest, begins := bytes.CutPrefix(rest, []byte("(^|,)"))
		tag, rest, ends := bytes.Cut(rest, []byte(closing))
		if !begins || !ends {
			return nil, false
		}
		if list, found := bytes.CutPrefix(tag, []byte{'('}); found {
			list, found = bytes.CutSuffix(list, []byte{')'})
			if tags, ok = appendTags(tags, list); !ok || !found {
				return nil, false
			}
		} else if tags, ok = appendTags(tags, tag); !ok || bytes.IndexByte(tag, '|') >= 0 {
			return nil, false
		}
		if pattern, more = bytes.CutPrefix(rest, []byte{'|'}); !more && len(rest) > 0 {
			return nil, false
		}
	}
	return tags, true
}

// appendTags appends the tags of a list with bars between them, in which punctuation
// may be escaped.
func appendTags(tags []string, list []byte) ([]string, bool) {
	var tag []byte
	for i := 0; i <= len(list); i++ {
		switch {
		case i == len(list) || list[i] == '|':
			if len(tag) == 0 {
				return nil, false
			}
			tags, tag = append(tags, string(tag)), nil
		case list[i] == '\\' && i+1 < len(list) && punctuation(list[i+1]):
			i++
			tag = append(tag, list[i])
		case list[i] == ',' || bytes.IndexByte([]byte(patternBytes), list[i]) >= 0:
			return nil, false
		default:
			tag = append(tag, list[i])
		}
	}
	return tags, true
}
