package conf

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// checkPattern accepts what a path rule can match: a path as it stands in
// request targets, with "*" and "**".
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
		case c <= ' ' || c >= 0x7f || strings.IndexByte("\"<>\\^`{|}", c) >= 0:
			return wrong("%q: %q does not stand in paths", text, c).meant(encoded(text))
		case c == '%' && !isEscape(text[i:]):
			return wrong("%q: \"%%\" is not followed by two hexadecimal digits", text)
		}
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

// encoded is the pattern with the characters that paths cannot hold written as
// %XX, in quotes.
func encoded(text string) string {
	right := strings.ReplaceAll((&url.URL{Path: text}).EscapedPath(), "%2A", "*")
	if len(right) > 200 || checkPattern(right) != nil {
		return ""
	}
	return strconv.Quote(right)
}

func isEscape(s string) bool { return len(s) >= 3 && isHex(s[1]) && isHex(s[2]) }

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}
