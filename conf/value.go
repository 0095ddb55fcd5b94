package conf

import (
	"bytes"
	"strconv"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// Values are literals, lists, maps, and strings with calls of env in them.
// HCL's operators, conditions, loops, directives and variables are refused while the
// parser looks for the end of a value, before the HCL library sees it. So no text can make
// the library recurse or compute without bound.
const (
	maxDepth  = 16 // depth of brackets, braces and templates
	maxDigits = 18 // of a number
)

// valueSpan is the range of tokens that make up a value.
type valueSpan struct {
	from, to int // to is behind the last token
	open     []*hclsyntax.Token
}

// value reads a value. It ends at the end of its line, or where another setting or block
// begins. A label is one string. Nil: there is no value.
func (p *parser) value(label bool) (hclsyntax.Expression, *fault) {
	v := valueSpan{from: p.next, to: p.next}
	for !v.ends(p.scanner, label) {
		if f := v.token(p.scanner); f != nil {
			return nil, f
		}
		v.to++
	}
	if len(v.open) > 0 {
		return nil, v.unclosed()
	}
	p.next = v.to
	if v.from == v.to {
		return nil, nil
	}
	if x := p.plainText(v); x != nil {
		return x, nil
	}
	first, last := p.token(v.from), p.token(v.to-1)
	text := p.source.text[first.Range.Start.Byte:last.Range.End.Byte]
	if last.Type == hclsyntax.TokenCHeredoc {
		text = append(bytes.Clone(text), '\n') // the library reads its end together with a line break
	}
	x, bad := hclsyntax.ParseExpression(text, first.Range.Filename, first.Range.Start)
	if len(bad) > 0 {
		f := foreign(bad[0])
		if bad[0].Subject == nil {
			f.at = until(first, last)
		}
		return nil, f
	}
	return x, nil
}

// plainText returns the value if it is a string without escapes and templates, as nearly
// all are; otherwise nil. The result is the same as the HCL library's, and faster.
func (p *parser) plainText(v valueSpan) hclsyntax.Expression {
	if v.to-v.from != 3 || p.token(v.from).Type != hclsyntax.TokenOQuote {
		return nil
	}
	t := p.token(v.from + 1)
	if t.Type != hclsyntax.TokenQuotedLit || bytes.ContainsAny(t.Bytes, `\$%`) {
		return nil
	}
	text := &hclsyntax.LiteralValueExpr{Val: cty.StringVal(string(t.Bytes)), SrcRange: t.Range}
	return &hclsyntax.TemplateExpr{
		Parts:    []hclsyntax.Expression{text},
		SrcRange: until(p.token(v.from), p.token(v.from+2)),
	}
}

// ends reports whether the value is complete before the token v.to.
func (v *valueSpan) ends(all *scanner, label bool) bool {
	t := all.token(v.to)
	if t.Type == hclsyntax.TokenEOF {
		return true
	}
	if len(v.open) > 0 {
		return false
	}
	switch t.Type {
	case hclsyntax.TokenNewline, hclsyntax.TokenCBrace:
		return true
	case hclsyntax.TokenComment:
		return v.to > v.from || t.Bytes[len(t.Bytes)-1] == '\n'
	case hclsyntax.TokenIdent:
		return v.to > v.from && endsOperand(all.token(v.to-1).Type)
	}
	return label && v.to > v.from
}

func endsOperand(t hclsyntax.TokenType) bool {
	switch t {
	case hclsyntax.TokenIdent, hclsyntax.TokenNumberLit, hclsyntax.TokenCQuote, hclsyntax.TokenCBrack,
		hclsyntax.TokenCBrace, hclsyntax.TokenCParen, hclsyntax.TokenCHeredoc:
		return true
	}
	return false
}

// token adds the token v.to to the value if it is allowed there.
func (v *valueSpan) token(all *scanner) *fault {
	t := all.token(v.to)
	switch t.Type {
	case hclsyntax.TokenQuotedLit, hclsyntax.TokenStringLit, hclsyntax.TokenNewline, hclsyntax.TokenComment,
		hclsyntax.TokenEqual, hclsyntax.TokenColon:
		return nil
	case hclsyntax.TokenComma:
		if len(v.open) == 0 {
			return wrong("settings are not separated by commas").in(t.Range)
		}
		return nil
	case hclsyntax.TokenNumberLit:
		return plainNumber(t)
	case hclsyntax.TokenIdent:
		return v.word(t, all.token(v.to+1).Type)
	case hclsyntax.TokenMinus:
		if all.token(v.to+1).Type == hclsyntax.TokenNumberLit && (v.to == v.from || !endsOperand(all.token(v.to-1).Type)) {
			return nil
		}
	case hclsyntax.TokenOQuote, hclsyntax.TokenOHeredoc, hclsyntax.TokenTemplateInterp,
		hclsyntax.TokenOBrace, hclsyntax.TokenOBrack, hclsyntax.TokenOParen:
		v.open = append(v.open, t)
		if len(v.open) > maxDepth {
			return wrong("values are nested more than %d deep", maxDepth).in(t.Range)
		}
		return nil
	case hclsyntax.TokenCQuote, hclsyntax.TokenCHeredoc, hclsyntax.TokenTemplateSeqEnd,
		hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen:
		return v.closing(t)
	case hclsyntax.TokenTemplateControl:
		return wrong("\"%%{\" has no place in a value").in(t.Range).hinted("to mean these characters, write \"%%%%{\"")
	}
	return wrong("%s has no place in a value", shown(t)).in(t.Range).
		hinted("values are strings, numbers, true, false, [lists], {maps} and env(\"NAME\")")
}

// opener maps each closing token to the token that it closes.
var opener = map[hclsyntax.TokenType]hclsyntax.TokenType{
	hclsyntax.TokenCQuote:         hclsyntax.TokenOQuote,
	hclsyntax.TokenCHeredoc:       hclsyntax.TokenOHeredoc,
	hclsyntax.TokenTemplateSeqEnd: hclsyntax.TokenTemplateInterp,
	hclsyntax.TokenCBrace:         hclsyntax.TokenOBrace,
	hclsyntax.TokenCBrack:         hclsyntax.TokenOBrack,
	hclsyntax.TokenCParen:         hclsyntax.TokenOParen,
}

func (v *valueSpan) closing(t *hclsyntax.Token) *fault {
	last := len(v.open) - 1
	if last < 0 {
		return wrong("%s closes nothing", shown(t)).in(t.Range)
	}
	if v.open[last].Type != opener[t.Type] {
		return v.unclosed().detailed("%s stands at line %d instead", shown(t), t.Range.Start.Line)
	}
	v.open = v.open[:last]
	return nil
}

func (v *valueSpan) unclosed() *fault {
	t := v.open[len(v.open)-1]
	return wrong("%s is not closed", shown(t)).in(t.Range)
}

func plainNumber(t *hclsyntax.Token) *fault {
	if len(t.Bytes) > maxDigits || bytes.ContainsAny(t.Bytes, "eE") {
		return wrong("the number %s is too long or not plain", t.Bytes[:min(len(t.Bytes), 30)]).in(t.Range)
	}
	return nil
}

// word accepts the few words that need no quotes. A key of a map may be any word.
func (v *valueSpan) word(t *hclsyntax.Token, next hclsyntax.TokenType) *fault {
	inside := len(v.open) > 0
	switch word := string(t.Bytes); word {
	case "true", "false", "env":
		return nil
	default:
		if inside && (next == hclsyntax.TokenEqual || next == hclsyntax.TokenColon) {
			return nil
		}
		if next == hclsyntax.TokenOParen {
			return wrong("unknown function %q", word).in(t.Range).hinted("the only function is env(\"NAME\")")
		}
		return wrong("the text %s needs quotes", word).in(t.Range).meant(strconv.Quote(word))
	}
}

// elements returns the values of a list, or not ok if x is not a list.
func elements(x hclsyntax.Expression) (list []hclsyntax.Expression, ok bool) {
	tuple, ok := x.(*hclsyntax.TupleConsExpr)
	if !ok {
		return nil, false
	}
	return tuple.Exprs, true
}

// pair is an entry of a map.
type pair struct{ key, value hclsyntax.Expression }

// pairs returns the entries of a map in their order, or not ok if x is not a map.
func pairs(x hclsyntax.Expression) (list []pair, ok bool) {
	object, ok := x.(*hclsyntax.ObjectConsExpr)
	if !ok {
		return nil, false
	}
	for _, item := range object.Items {
		list = append(list, pair{item.KeyExpr, item.ValueExpr})
	}
	return list, true
}
