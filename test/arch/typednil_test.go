package arch

import (
	"fmt"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/tools/go/packages"
	"golang.org/x/tools/go/ssa"
	"golang.org/x/tools/go/ssa/ssautil"
)

// TestTypedNil compiles the packages. A pointer that becomes an error must be shown not to
// be nil: an error that holds a nil pointer is not nil, and would be taken for a failure.
func TestTypedNil(t *testing.T) {
	faults, err := checkTypedNil("../..", "./...")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range faults {
		t.Error(f)
	}
}

// checkTypedNil returns the places where a pointer that may be nil becomes an error.
func checkTypedNil(dir string, patterns ...string) (faults []string, err error) {
	pkgs, err := packages.Load(&packages.Config{Mode: packages.LoadSyntax, Dir: dir}, patterns...)
	if err != nil {
		return nil, err
	}
	for _, p := range pkgs {
		if len(p.Errors) > 0 {
			return nil, p.Errors[0]
		}
	}
	program, _ := ssautil.Packages(pkgs, ssa.InstantiateGenerics)
	program.Build()
	n := &nonNil{
		calls: map[*ssa.Function][]ssa.CallInstruction{}, dynamic: map[string][]ssa.CallInstruction{}, known: map[ssa.Value]bool{},
	}
	functions := ssautil.AllFunctions(program)
	for f := range functions {
		n.readCalls(f)
	}
	for f := range functions {
		for _, b := range f.Blocks {
			for _, i := range b.Instrs {
				m, ok := i.(*ssa.MakeInterface)
				if ok && isError(m.Type()) && isPointer(m.X.Type()) && !n.proves(m.X, b) {
					faults = append(faults, fmt.Sprintf("%s: in %s, a %s that may be nil becomes an error",
						program.Fset.Position(f.Pos()), f.Name(), m.X.Type()))
				}
			}
		}
	}
	slices.Sort(faults)
	return slices.Compact(faults), nil
}

func isError(t types.Type) bool { return types.Identical(t, types.Universe.Lookup("error").Type()) }

func isPointer(t types.Type) bool {
	_, ok := t.Underlying().(*types.Pointer)
	return ok
}

// nonNil proves that pointers are not nil.
type nonNil struct {
	calls   map[*ssa.Function][]ssa.CallInstruction // of a function; nil among them: unknown ones
	dynamic map[string][]ssa.CallInstruction        // by interface, of a method of this name
	known   map[ssa.Value]bool                      // what holds wherever the value is used; true while it is examined
}

// readCalls notes which functions f calls. If f uses a function in another way, anybody may
// call it.
func (n *nonNil) readCalls(f *ssa.Function) {
	for _, b := range f.Blocks {
		for _, i := range b.Instrs {
			call, isCall := i.(ssa.CallInstruction)
			if isCall && call.Common().IsInvoke() {
				name := call.Common().Method.Name()
				n.dynamic[name] = append(n.dynamic[name], call)
			}
			for k, operand := range i.Operands(nil) {
				switch used, ok := (*operand).(*ssa.Function); {
				case ok && isCall && k == 0:
					n.calls[used] = append(n.calls[used], call)
				case ok:
					n.calls[used] = append(n.calls[used], nil)
				}
			}
		}
	}
}

// proves reports whether v is not nil in the block b.
func (n *nonNil) proves(v ssa.Value, b *ssa.BasicBlock) bool {
	result, ok := n.known[v]
	if !ok {
		n.known[v] = true
		result = n.always(v)
		n.known[v] = result
	}
	return result || compared(v, b)
}

// always reports whether v is not nil, wherever it is used.
func (n *nonNil) always(v ssa.Value) bool {
	switch v := v.(type) {
	case *ssa.Alloc, *ssa.FieldAddr, *ssa.IndexAddr:
		return true
	case *ssa.UnOp: // a package variable: it is made once
		_, global := v.X.(*ssa.Global)
		return global && v.Op == token.MUL
	case *ssa.Phi:
		for i, edge := range v.Edges {
			if !n.proves(edge, v.Block().Preds[i]) {
				return false
			}
		}
		return true
	case *ssa.Call:
		callee := v.Call.StaticCallee()
		return callee != nil && n.returns(callee)
	case *ssa.Parameter:
		return n.given(v)
	}
	return false
}

// returns reports whether the only result of f is never nil.
func (n *nonNil) returns(f *ssa.Function) bool {
	for _, b := range f.Blocks {
		if r, ok := b.Instrs[len(b.Instrs)-1].(*ssa.Return); ok && !n.proves(r.Results[0], b) {
			return false
		}
	}
	return len(f.Blocks) > 0
}

// given reports whether all callers are known, and none of them gives nil for p. Any call
// by interface of a method with the same name counts, if it has that parameter.
func (n *nonNil) given(p *ssa.Parameter) bool {
	f := p.Parent()
	i := slices.Index(f.Params, p)
	callers := 0
	for _, call := range n.calls[f] {
		if call == nil || !n.proves(call.Common().Args[i], call.Block()) {
			return false
		}
		callers++
	}
	for _, call := range n.dynamic[f.Name()] {
		args := call.Common().Args // without the receiver
		if f.Signature.Recv() == nil || i == 0 || len(args) != len(f.Params)-1 || !types.Identical(args[i-1].Type(), p.Type()) {
			continue
		}
		if !n.proves(args[i-1], call.Block()) {
			return false
		}
		callers++
	}
	return callers > 0
}

// compared reports whether b is reached only after v was compared with nil, and is not.
func compared(v ssa.Value, b *ssa.BasicBlock) bool {
	for d := b.Idom(); d != nil; b, d = d, d.Idom() {
		branch, ok := d.Instrs[len(d.Instrs)-1].(*ssa.If)
		if !ok || len(b.Preds) != 1 {
			continue
		}
		test, ok := branch.Cond.(*ssa.BinOp)
		if !ok || test.X != v && test.Y != v || !isNil(test.X) && !isNil(test.Y) {
			continue
		}
		if test.Op == token.NEQ && d.Succs[0] == b || test.Op == token.EQL && d.Succs[1] == b {
			return true
		}
	}
	return false
}

func isNil(v ssa.Value) bool {
	c, ok := v.(*ssa.Const)
	return ok && c.IsNil()
}

// Each way to an error is judged by what can be nil there.
func TestTypedNilFinds(t *testing.T) {
	for _, c := range []struct {
		body  string
		fault bool
	}{
		{"func f() error { return &E{} }", false},
		{"var e = &E{}; func f() error { return e }", false},
		{"func g() *E { return nil }; func f() error { return g() }", true},
		{"func g() *E { return &E{} }; func f() error { return g() }", false},
		{"func g() *E { return nil }; func f() error { if err := g(); err != nil { return err }; return nil }", false},
		{"func g() *E { return nil }; func f() error { err := g(); if err == nil { return nil }; return err }", false},
		{"func g() *E { return nil }; func f() error { err := g(); if err == nil { return err }; return nil }", true},
		{"func g() (int, *E) { return 0, nil }; func f() (err error) { _, err = g(); return err }", true},
		{"func f(e *E) error { return e }", true},
		{"func f(e *E) error { return e }; func g() error { return f(&E{}) }", false},
		{"func f(e *E) error { return e }; func g() error { return f(nil) }", true},
		{"func f(e *E) error { return e }; var h = f; func g() error { return f(&E{}) }", true},
		{"type I interface{ m(*E) error }; type T struct{}; func (T) m(e *E) error { return e }; func f(i I) { i.m(&E{}) }; var _ I = T{}", false},
		{"type I interface{ m(*E) error }; type T struct{}; func (*T) m(e *E) error { return e }; func f(i I) { i.m(nil) }; var _ I = &T{}", true},
		{"func f(b bool) error { e := &E{}; if b { e = nil }; return e }", true},
		{"func f(n int) error { e := &E{}; for range n { e = &E{e} }; return e }", false},
	} {
		dir := t.TempDir()
		for name, text := range map[string]string{
			"go.mod": "module m\n\ngo 1.26\n",
			"m.go":   "package m\ntype E struct { why error }\nfunc (*E) Error() string { return \"\" }\n" + c.body + "\n",
		} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		faults, err := checkTypedNil(dir, "./...")
		if err != nil || len(faults) > 0 != c.fault {
			t.Errorf("%s: %q, %v", c.body, faults, err)
		}
	}
}
