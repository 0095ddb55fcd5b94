package conf

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
)

// maxSnippet is how many bytes of a line are shown either side of the place.
const maxSnippet = 60

// snippet shows the line in which at begins, and marks the part that at covers. It cuts
// long lines, and replaces characters that could change a terminal's state.
func snippet(text []byte, at hcl.Range) string {
	start := min(max(at.Start.Byte, 0), len(text))
	from := bytes.LastIndexByte(text[:start], '\n') + 1
	to := len(text)
	if i := bytes.IndexByte(text[start:], '\n'); i >= 0 {
		to = start + i
	}
	end := min(max(at.End.Byte, start), to)

	before, more := lastBytes(text[from:start])
	marked, cut := firstBytes(text[start:end])
	var after []byte
	if !cut {
		after, cut = firstBytes(text[end:to])
	}
	lead, shown := printable(before), printable(marked)
	line := more + lead + shown + strings.TrimRight(printable(after), " ")
	if cut {
		line += "…"
	}
	number := fmt.Sprint(at.Start.Line)
	return fmt.Sprintf("%s | %s\n%s | %s%s", number, line,
		strings.Repeat(" ", len(number)), blank(more+lead), strings.Repeat("^", max(1, utf8.RuneCountInString(strings.TrimRight(shown, " ")))))
}

func lastBytes(b []byte) (part []byte, mark string) {
	if len(b) <= maxSnippet {
		return b, ""
	}
	b = b[len(b)-maxSnippet:]
	for len(b) > 0 && !utf8.RuneStart(b[0]) {
		b = b[1:]
	}
	return b, "…"
}

func firstBytes(b []byte) (part []byte, cut bool) {
	if len(b) <= maxSnippet {
		return b, false
	}
	b = b[:maxSnippet]
	for len(b) > 0 && !utf8.RuneStart(b[len(b)-1]) {
		b = b[:len(b)-1]
	}
	return b[:max(0, len(b)-1)], true
}

// printable keeps tabs, so that the carets are below the right characters.
func printable(b []byte) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return r
		case r == '\r':
			return -1
		case !unicode.IsPrint(r):
			return '\uFFFD'
		}
		return r
	}, string(b))
}

// blank returns blanks as wide as s.
func blank(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' {
			return r
		}
		return ' '
	}, s)
}
