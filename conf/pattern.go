package conf

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"brink/edge/wire"
)

// checkPattern accepts patterns that a path can match: a path in the form that request
// targets have, with "*" and "**".
func checkPattern(text string) *fault {
	switch {
	case strings.TrimSpace(text) == "":
		return wrong("the pattern is blank")
	case text[0] != '/':
		return wrong("the pattern %q does not begin with \"/\": it matches nothing", text).meant(properPattern(text))
	case strings.Contains(text, "***"):
		return wrong("%q: only \"*\" and \"**\" mean something", text).
			meant(strconv.Quote(strings.ReplaceAll(shortStars(text), "***", "**")))
	case strings.ContainsAny(text, "?#"):
		return wrong("the pattern %q goes beyond the path: it matches nothing", text).
			hinted("which query parameters matter is said in a block \"key\"")
	}
	for i := range len(text) {
		switch c := text[i]; {
		case c == '%' && !isEscape(text[i:]):
			return wrong("%q: \"%%\" is not followed by two hexadecimal digits", text)
		case c != '%' && !isPathByte(c):
			return wrong("%q: %q does not stand in paths as it is", text, c).meant(normalPattern(text))
		}
	}
	if right := normalPattern(text); right != strconv.Quote(text) {
		return wrong("%q is not how brink writes paths before it compares them", text).meant(right)
	}
	if segments := strings.Split(text, "/"); slices.Contains(segments, ".") || slices.Contains(segments, "..") {
		return wrong("the pattern %q has a dot segment: it matches nothing", text)
	}
	return nil
}

// shortStars leaves at most three stars in a row.
func shortStars(text string) string {
	for strings.Contains(text, "****") {
		text = strings.ReplaceAll(text, "****", "***")
	}
	return text
}

func properPattern(text string) string {
	if u, err := url.Parse(text); err == nil && u.Host != "" {
		text = u.Path
	}
	if right := "/" + strings.TrimLeft(text, "/"); checkPattern(right) == nil {
		return strconv.Quote(right)
	}
	return ""
}

// isPathByte accepts bytes that need no escape in paths: the bytes that RFC 3986 section 3.3
// allows, and "[", "]", "^" and "|", which browsers send unescaped.
func isPathByte(c byte) bool {
	return isUnreserved(c) || strings.IndexByte("!$&'()*+,;=:@[]^|/", c) >= 0
}

func isUnreserved(c byte) bool { return c != '_' && isNameByte(c) || strings.IndexByte("._~", c) >= 0 }

// normalPattern returns the pattern, in quotes, with escapes in upper case and only where
// a byte needs one (RFC 3986 section 6.2.2). Paths are compared in this form.
func normalPattern(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		c, escaped := text[i], false
		if isEscape(text[i:]) {
			c, escaped = wire.HexValue(text[i+1])<<4|wire.HexValue(text[i+2]), true
			i += 2
		}
		if isUnreserved(c) || isPathByte(c) && (!escaped || c != '/' && c != '*') {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return strconv.Quote(b.String())
}

func isEscape(s string) bool {
	return len(s) >= 3 && s[0] == '%' && wire.IsHex(s[1]) && wire.IsHex(s[2])
}
