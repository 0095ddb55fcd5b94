package conf

import (
	"bytes"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// sentinel stands behind every text while it is cut into tokens. It closes a
// comment that the text leaves open: without it the scanner would look for
// that comment's end from every further comment sign, in quadratic time. It
// also ends a last line that has no line break.
const sentinel = "\n*/"

// tokens cuts a text into tokens, of which the last is of type TokenEOF. The
// text returned is the one they were cut from.
func tokens(s *source) (hclsyntax.Tokens, []byte, *fault) {
	if i := bytes.IndexByte(s.text, 0); i >= 0 {
		return nil, nil, wrong("this is not text: it holds a zero byte").in(placeOf(s, i))
	}
	text := append(bytes.Clone(s.text), sentinel...)
	all, bad := hclsyntax.LexConfig(text, s.name, hcl.InitialPos)
	for i, t := range all {
		if t.Range.End.Byte <= len(s.text) && t.Type != hclsyntax.TokenEOF {
			continue
		}
		if t.Type == hclsyntax.TokenComment && t.Range.Start.Byte < len(s.text) && bytes.HasPrefix(t.Bytes, []byte("/*")) {
			return nil, nil, wrong("the comment is not closed").in(t.Range)
		}
		all = append(all[:i:i], hclsyntax.Token{Type: hclsyntax.TokenEOF, Range: hcl.Range{
			Filename: s.name, Start: t.Range.Start, End: t.Range.Start}})
		break
	}
	if f := badToken(bad, len(s.text)); f != nil {
		return nil, nil, f
	}
	return all, text, nil
}

// badToken is the first of the scanner's complaints about the text itself.
func badToken(bad hcl.Diagnostics, size int) *fault {
	for _, d := range bad {
		if d.Subject != nil && d.Subject.Start.Byte < size {
			return foreign(d)
		}
	}
	return nil
}

// foreign is a fault that the HCL library found.
func foreign(d *hcl.Diagnostic) *fault {
	f := wrong("%s", lowerFirst(d.Summary)).detailed("%s", d.Detail)
	if d.Subject != nil {
		f.at = *d.Subject
	}
	return f
}

func lowerFirst(s string) string {
	if s == "" || s[0] < 'A' || s[0] > 'Z' {
		return s
	}
	return string(s[0]|0x20) + s[1:]
}

// placeOf is the range of one byte of a text.
func placeOf(s *source, i int) hcl.Range {
	start := hcl.Pos{Line: 1 + bytes.Count(s.text[:i], []byte("\n")), Byte: i}
	start.Column = i - bytes.LastIndexByte(s.text[:i], '\n')
	end := start
	end.Byte++
	end.Column++
	return hcl.Range{Filename: s.name, Start: start, End: end}
}
