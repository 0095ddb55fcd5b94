package conf

import (
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// scalar evaluates x, which must be neither list nor map. For messages, wanted names the
// kind of value that is expected, and sample is an example.
func scalar(x hclsyntax.Expression, wanted, sample string) (cty.Value, *fault) {
	not := ""
	if list, ok := elements(x); ok {
		not = "a list"
		if len(list) == 1 {
			if v, f := evaluate(list[0]); f == nil && v.Type() == cty.String {
				sample = strconv.Quote(v.AsString())
			}
		}
	} else if _, ok := pairs(x); ok {
		not = "a map"
	}
	if not != "" {
		return cty.NilVal, wrong("%s is expected, not %s", wanted, not).hinted("for example %s", sample)
	}
	v, f := evaluate(x)
	if f != nil {
		return cty.NilVal, f
	}
	if t := v.Type(); !v.IsKnown() || v.IsNull() || (t != cty.String && t != cty.Number && t != cty.Bool) {
		return cty.NilVal, wrong("%s is expected", wanted).hinted("for example %s", sample)
	}
	return v, nil
}

// literal reports whether x is a string with nothing to evaluate in it. A number, true or
// false may come as text from the environment. As literal text it is nearly always a
// mistake, and is refused.
func literal(x hclsyntax.Expression) bool {
	t, ok := x.(*hclsyntax.TemplateExpr)
	return ok && t.IsStringLiteral()
}

func readText(x hclsyntax.Expression) (string, *fault) {
	v, f := scalar(x, "text in quotes", `"text"`)
	if f != nil {
		return "", f
	}
	if v.Type() != cty.String {
		text := textOf(v)
		return "", wrong("text in quotes is expected, not %s", text).meant(strconv.Quote(text))
	}
	return v.AsString(), nil
}

func textOf(v cty.Value) string {
	v, err := convert.Convert(v, cty.String)
	if err != nil {
		return ""
	}
	return v.AsString()
}

func readBool(x hclsyntax.Expression) (bool, *fault) {
	v, f := scalar(x, "true or false", "true")
	if f != nil {
		return false, f
	}
	text := textOf(v)
	if v.Type() == cty.Bool || (!literal(x) && (text == "true" || text == "false")) {
		return text == "true", nil
	}
	f = wrong("true or false is expected, not %s", shownValue(v))
	switch strings.ToLower(text) {
	case "true", "yes", "on", "1":
		f.meant("true")
	case "false", "no", "off", "0":
		f.meant("false")
	}
	return false, f
}

func readNumber(x hclsyntax.Expression) (float64, *fault) {
	v, f := scalar(x, "a number", "10")
	if f != nil {
		return 0, f
	}
	number, err := strconv.ParseFloat(textOf(v), 64)
	good := err == nil && number == number && number < 1e18 && number > -1e18
	if good && v.Type() == cty.String && literal(x) {
		return 0, wrong("a number is expected, not text").meant(textOf(v))
	}
	if !good || v.Type() == cty.Bool {
		return 0, wrong("a number is expected, not %s", shownValue(v))
	}
	return number, nil
}

// readQuantity returns the text of a size or a duration. A duration needs a unit, a size
// may be without.
func readQuantity(x hclsyntax.Expression, kind, sample string) (string, *fault) {
	v, f := scalar(x, "a "+kind+" in quotes", sample)
	if f != nil {
		return "", f
	}
	text := textOf(v)
	switch v.Type() {
	case cty.String:
		return text, nil
	case cty.Number:
		return text, nil
	}
	return "", wrong("a %s in quotes is expected, not %s", kind, text).hinted("for example %s", sample)
}

func shownValue(v cty.Value) string {
	if v.Type() == cty.String {
		return strconv.Quote(v.AsString())
	}
	return textOf(v)
}

func readList(x hclsyntax.Expression) ([]hclsyntax.Expression, *fault) {
	if list, ok := elements(x); ok {
		return list, nil
	}
	f := wrong("a list is expected")
	if _, ok := pairs(x); ok {
		return nil, f.hinted(`for example ["a", "b"]`)
	}
	v, bad := evaluate(x)
	if bad != nil {
		return nil, bad
	}
	return nil, f.meant("[" + shownValue(v) + "]")
}

// entry is an entry of a map whose key has been read.
type entry struct {
	key   string
	at    hcl.Range
	value hclsyntax.Expression
}

// readPairs reads a map. Keys that differ only in case count as the same.
func readPairs(x hclsyntax.Expression, sample string) ([]entry, *fault) {
	list, ok := pairs(x)
	if !ok {
		return nil, wrong("a map is expected").hinted("for example %s", sample)
	}
	all := make([]entry, 0, len(list))
	seen := make(map[string]hcl.Range, len(list))
	for _, p := range list {
		v, f := evaluate(p.key)
		if f != nil {
			return nil, f
		}
		if t := v.Type(); !v.IsKnown() || v.IsNull() || (t != cty.String && t != cty.Number) {
			return nil, wrong("the key of a map is text").in(p.key.Range())
		}
		key := textOf(v)
		if first, twice := seen[strings.ToLower(key)]; twice {
			return nil, wrong("%q is written twice", key).in(p.key.Range()).before(first)
		}
		seen[strings.ToLower(key)] = p.key.Range()
		all = append(all, entry{key, p.key.Range(), p.value})
	}
	return all, nil
}
