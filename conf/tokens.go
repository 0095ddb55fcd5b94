package conf

import (
	"bytes"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// sentinel follows every part of the text while the part is cut into tokens. It closes an
// open comment. Without it the scanner would look for the end of the comment from every
// further comment sign, which takes quadratic time. It also ends a last line that has no
// line break.
const sentinel = "\n*/"

// stretch is how much text is cut into tokens at a time, if possible. Tokens take thirty
// times the memory of their text, and most files that are not a conf fail in the first
// part.
const stretch = 64 << 10

// scanner cuts a text into tokens, only as many as the parser asks for.
type scanner struct {
	source *source
	tokens hclsyntax.Tokens // those not dropped; the last is of type TokenEOF once the text is at its end
	start  hcl.Pos          // of the text that is not cut yet
	bad    *fault
}

func newScanner(s *source) *scanner {
	c := &scanner{source: s, start: hcl.InitialPos}
	if i := bytes.IndexByte(s.text, 0); i >= 0 {
		c.stop(wrong("this is not text: it holds a zero byte").in(placeOf(s, i)))
	} else if i := notUTF8(s.text); i >= 0 {
		c.stop(wrong("this is not UTF-8 text").in(placeOf(s, i)))
	}
	return c
}

// token returns the i-th token that was not dropped. After the last token, and where the
// text cannot be cut, all tokens are of type TokenEOF.
func (c *scanner) token(i int) *hclsyntax.Token {
	for i >= len(c.tokens) {
		if n := len(c.tokens); n > 0 && c.tokens[n-1].Type == hclsyntax.TokenEOF {
			return &c.tokens[n-1]
		}
		c.more()
	}
	return &c.tokens[i]
}

// drop removes the first n tokens. Their memory is released when more tokens are cut.
func (c *scanner) drop(n int) { c.tokens = c.tokens[n:] }

// more cuts at least one more token.
func (c *scanner) more() {
	text := c.source.text
	for size := stretch; ; size *= 2 {
		end := min(c.start.Byte+size, len(text))
		part := append(bytes.Clone(text[c.start.Byte:end]), sentinel...)
		all, bad := hclsyntax.LexConfig(part, c.source.name, c.start)
		last := end == len(text)
		whole := lastWhole(all, end)
		if !last {
			whole = safeCut(all[:whole])
		}
		if f := badToken(bad, end, last); f != nil {
			c.stop(f)
			return
		}
		if last {
			c.finish(all, whole)
			return
		}
		if whole > 0 {
			c.tokens = append(c.tokens, all[:whole]...)
			c.start = all[whole-1].Range.End
			return
		}
	}
}

// lastWhole returns how many of the tokens end at or before end. It does not count
// TokenEOF, which has no length.
func lastWhole(all hclsyntax.Tokens, end int) int {
	for i := range all {
		t := &all[i]
		if t.Range.End.Byte > end || t.Type == hclsyntax.TokenEOF {
			return i
		}
	}
	return len(all)
}

// safeCut returns how many of the tokens stay the same whatever text follows: all up to
// the last one that is not in a string and cannot be the beginning of a longer token.
func safeCut(all hclsyntax.Tokens) int {
	depth, cut := 0, 0
	for i, t := range all[:max(0, len(all)-2)] {
		switch t.Type {
		case hclsyntax.TokenOQuote, hclsyntax.TokenOHeredoc, hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl:
			depth++
		case hclsyntax.TokenCQuote, hclsyntax.TokenCHeredoc, hclsyntax.TokenTemplateSeqEnd:
			depth = max(0, depth-1)
		case hclsyntax.TokenLessThan, hclsyntax.TokenIdent, hclsyntax.TokenNumberLit, hclsyntax.TokenDot, hclsyntax.TokenEllipsis:
			continue
		}
		if depth == 0 {
			cut = i + 1
		}
	}
	return cut
}

// finish adds the last tokens of the text.
func (c *scanner) finish(all hclsyntax.Tokens, whole int) {
	if t := all[whole]; t.Type == hclsyntax.TokenComment && t.Range.Start.Byte < len(c.source.text) && bytes.HasPrefix(t.Bytes, []byte("/*")) {
		c.stop(wrong("the comment is not closed").in(t.Range))
		return
	}
	at := all[whole].Range
	at.End = at.Start
	c.tokens = append(c.tokens, all[:whole]...)
	c.tokens = append(c.tokens, hclsyntax.Token{Type: hclsyntax.TokenEOF, Range: at})
}

// stop ends the tokens with a fault. It is the fault that is reported, whatever else is
// wrong with the text.
func (c *scanner) stop(f *fault) {
	c.bad = f
	c.tokens = append(c.tokens, hclsyntax.Token{Type: hclsyntax.TokenEOF, Range: f.at})
}

// badToken returns the scanner's first error before end. Unless the text is at its
// end (last), end may cut a character in two, so errors in the bytes before end do not
// count.
func badToken(bad hcl.Diagnostics, end int, last bool) *fault {
	if !last {
		end -= utf8.UTFMax
	}
	for _, d := range bad {
		if d.Subject != nil && d.Subject.Start.Byte < end {
			return foreign(d)
		}
	}
	return nil
}

// foreign returns the fault for an error of the HCL library.
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

// notUTF8 returns the offset of the first byte that is not UTF-8, or a negative number.
func notUTF8(text []byte) int {
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}

// placeOf returns the range of one byte of a text.
func placeOf(s *source, i int) hcl.Range {
	start := hcl.Pos{Line: 1 + bytes.Count(s.text[:i], []byte("\n")), Byte: i}
	start.Column = 1 + utf8.RuneCount(s.text[bytes.LastIndexByte(s.text[:i], '\n')+1:i])
	end := start
	end.Byte++
	end.Column++
	return hcl.Range{Filename: s.name, Start: start, End: end}
}
