package conf

import (
	"strconv"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// The grammar is HCL's native syntax with one extension and some limits.
//
// The extension: several settings and blocks may be on one line, so that
//
//	origin "app" { server "http://127.0.0.1:9000" {} }
//
// is a block. HCL requires a line for each. So this file reads the blocks, and the HCL
// library reads only tokens and values.
//
// The limits are in value.go and below: values are data, not programs.

const (
	maxBlocks   = 8   // depth of blocks within blocks
	maxSettings = 100 // in one block; no block has so many
)

// parser reads the blocks of one text. It stops at the first fault, as the text after a
// missing brace has no clear meaning.
type parser struct {
	*scanner
	next int // the token to read next
}

// parse reads a text as one block, the root.
func parse(s *source) (*block, *fault) {
	p := &parser{scanner: newScanner(s)}
	root := &block{dir: s.dir}
	f := p.body(root, 0)
	if p.bad != nil {
		f = p.bad
	}
	return root, f
}

// body reads the contents of b, including its closing brace.
func (p *parser) body(b *block, depth int) *fault {
	for {
		p.skipLines()
		p.forget()
		t := p.take()
		switch t.Type {
		case hclsyntax.TokenIdent:
			if f := p.item(b, t, depth); f != nil {
				return f
			}
		case hclsyntax.TokenCBrace:
			if depth == 0 {
				return wrong("this brace closes nothing").in(t.Range)
			}
			return nil
		case hclsyntax.TokenEOF:
			if depth > 0 {
				return wrong("the block %q is not closed", b.kind).in(b.at).
					detailed("the file ends at line %d without its closing brace", t.Range.Start.Line)
			}
			return nil
		default:
			return wrong("a setting or a block is expected here, not %s", shown(t)).in(t.Range)
		}
	}
}

// item reads a setting or a block that begins with name.
func (p *parser) item(b *block, name *hclsyntax.Token, depth int) *fault {
	switch p.token(p.next).Type {
	case hclsyntax.TokenEqual:
		p.next++
		return p.setting(b, name)
	case hclsyntax.TokenOBrace, hclsyntax.TokenOQuote, hclsyntax.TokenIdent:
		if depth == maxBlocks {
			return wrong("blocks are nested more than %d deep", maxBlocks).in(name.Range)
		}
		return p.block(b, name, depth)
	}
	return wrong("%q is neither a setting nor a block", name.Bytes).in(name.Range).
		hinted("a setting is written %s = value, a block %s { ... }", name.Bytes, name.Bytes)
}

func (p *parser) setting(b *block, name *hclsyntax.Token) *fault {
	value, f := p.value(false)
	if f != nil {
		return f
	}
	if value == nil {
		return wrong("%q has no value", name.Bytes).in(name.Range)
	}
	a := &attribute{name: string(name.Bytes), at: name.Range, value: value}
	if first := b.attribute(a.name); first != nil {
		return wrong("%q is set twice", a.name).in(a.at).before(first.at)
	}
	if len(b.attributes) == maxSettings {
		return wrong("one block has more than %d settings", maxSettings).in(a.at)
	}
	b.attributes = append(b.attributes, a)
	return nil
}

func (p *parser) block(parent *block, kind *hclsyntax.Token, depth int) *fault {
	b := &block{kind: string(kind.Bytes), at: kind.Range, dir: p.source.dir}
	for {
		t := p.token(p.next)
		switch t.Type {
		case hclsyntax.TokenOBrace:
			p.next++
			parent.blocks = append(parent.blocks, b)
			return p.body(b, depth+1)
		case hclsyntax.TokenOQuote:
			label, f := p.value(true)
			if f != nil {
				return f
			}
			b.labels = append(b.labels, label)
		default:
			return p.noBrace(b, t)
		}
	}
}

// noBrace returns the fault of a block without a brace after its name and labels. With
// one label, it is more often a setting without its "=".
func (p *parser) noBrace(b *block, t *hclsyntax.Token) *fault {
	if t.Type == hclsyntax.TokenIdent {
		return wrong("the name %q needs quotes", t.Bytes).in(t.Range).meant(strconv.Quote(string(t.Bytes)))
	}
	f := wrong("%q is followed by %s, not by \"{\" or \"=\"", b.kind, shown(t)).in(b.at)
	if len(b.labels) == 1 {
		written := b.labels[0].Range()
		return f.meant(b.kind + " = " + string(p.source.text[written.Start.Byte:written.End.Byte]))
	}
	return f
}

// forget releases the memory of the tokens that have been read.
func (p *parser) forget() {
	p.drop(p.next)
	p.next = 0
}

// take returns the next token. At the end it returns the last one, TokenEOF, again and
// again.
func (p *parser) take() *hclsyntax.Token {
	t := p.token(p.next)
	if t.Type != hclsyntax.TokenEOF {
		p.next++
	}
	return t
}

// skipLines skips line breaks and comments.
func (p *parser) skipLines() {
	for t := p.token(p.next).Type; t == hclsyntax.TokenNewline || t == hclsyntax.TokenComment; t = p.token(p.next).Type {
		p.next++
	}
}

// shown returns a token as messages show it.
func shown(t *hclsyntax.Token) string {
	switch t.Type {
	case hclsyntax.TokenEOF:
		return "the end of the file"
	case hclsyntax.TokenNewline, hclsyntax.TokenComment:
		return "the end of the line"
	}
	return strconv.Quote(string(t.Bytes[:min(len(t.Bytes), 20)]))
}

// until returns the range from the start of one token to the end of another.
func until(from, to *hclsyntax.Token) hcl.Range {
	return hcl.RangeBetween(from.Range, to.Range)
}
