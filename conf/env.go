package conf

import (
	"errors"
	"fmt"
	"os"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// scope holds all that values can refer to: env("NAME") and env("NAME", "default").
var scope = &hcl.EvalContext{Functions: map[string]function.Function{
	"env": function.New(&function.Spec{
		Params:   []function.Parameter{{Name: "name", Type: cty.String}},
		VarParam: &function.Parameter{Name: "default", Type: cty.String},
		Type:     function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			text, err := lookup(args)
			return cty.StringVal(text), err
		},
	}),
}}

func lookup(args []cty.Value) (string, error) {
	if len(args) > 2 {
		return "", errors.New("env takes a name and at most one default")
	}
	name := args[0].AsString()
	text, set := os.LookupEnv(name)
	switch {
	case set && !utf8.ValidString(text):
		return "", fmt.Errorf("the environment variable %q is not UTF-8", name)
	case set:
		return text, nil
	case len(args) == 2:
		return args[1].AsString(), nil
	}
	return "", fmt.Errorf("the environment variable %q is not set", name)
}

// evaluate returns a value that is neither list nor map.
func evaluate(x hclsyntax.Expression) (cty.Value, *fault) {
	v, bad := x.Value(scope)
	for _, d := range bad {
		if d.Severity != hcl.DiagError {
			continue
		}
		f := foreign(d)
		if call, ok := hcl.DiagnosticExtra[hclsyntax.FunctionCallDiagExtra](d); ok && call.FunctionCallError() != nil {
			f = wrong("%s", call.FunctionCallError()).in(f.at)
		}
		if f.at.Filename == "" {
			f.at = x.Range()
		}
		return v, f
	}
	return v, nil
}
