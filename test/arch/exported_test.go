package arch

import (
	_ "embed"
	"errors"
	"fmt"
	"go/ast"
	"go/types"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/go/packages"
)

//go:embed unused.txt
var allowList string

// TestExported compiles the packages. Every exported name must have a user in
// another package, or a line in unused.txt.
func TestExported(t *testing.T) {
	allowed, faults := parseAllowed(allowList)
	more, err := checkExported("../..", allowed)
	if err != nil {
		t.Fatal(err)
	}
	faults = append(faults, more...)
	slices.Sort(faults)
	for _, f := range faults {
		t.Error(f)
	}
}

// exported is a name that packages other than its own can use.
type exported struct {
	object types.Object
	owner  *types.Named // of a method or field, else nil
}

// String returns the name as unused.txt has it: the package's path without the
// module, and Name or Type.Name.
func (e exported) String() string {
	_, pkg, _ := strings.Cut(e.object.Pkg().Path(), "/")
	if e.owner != nil {
		return pkg + "." + e.owner.Obj().Name() + "." + e.object.Name()
	}
	return pkg + "." + e.object.Name()
}

// usage knows which objects the production code uses: all packages but those
// below test.
type usage struct {
	own, other map[types.Object]bool // used in the object's own package, in another one
	interfaces []*types.Interface    // all that the code can see
}

// checkExported returns the exported names that no other package uses, and the
// lines of the allow list that are for none of these. Test files do not count as users.
func checkExported(dir string, allowed []row) (faults []string, err error) {
	pkgs, err := packages.Load(&packages.Config{Mode: packages.LoadSyntax, Dir: dir}, "./...")
	if err != nil {
		return nil, err
	}
	pkgs = slices.DeleteFunc(pkgs, func(p *packages.Package) bool { return strings.Contains(p.PkgPath+"/", "/test/") })
	u := &usage{own: make(map[types.Object]bool), other: make(map[types.Object]bool)}
	for _, p := range pkgs {
		if len(p.Errors) > 0 {
			return nil, p.Errors[0]
		}
		u.read(p)
	}
	u.follow()

	unused := make(map[string]bool)
	for _, p := range pkgs {
		for _, e := range exportedNames(p.Types) {
			if p.Name != "main" && !u.uses(e) {
				unused[e.String()] = true
			}
		}
	}
	for _, r := range allowed {
		if !unused[r.key] {
			faults = append(faults, "unused.txt: "+r.key+" is used, or does not exist")
		}
		delete(unused, r.key)
	}
	for name := range maps.Keys(unused) {
		faults = append(faults, name+": no other package uses it")
	}
	return faults, nil
}

// exportedNames returns the exported names of a package, with the methods and
// fields of its exported types. A field with a tag is read by reflection, and is left out.
func exportedNames(p *types.Package) (all []exported) {
	for _, name := range p.Scope().Names() {
		o := p.Scope().Lookup(name)
		if !o.Exported() {
			continue
		}
		all = append(all, exported{object: o})
		named, ok := o.Type().(*types.Named)
		if _, isType := o.(*types.TypeName); !isType || !ok {
			continue
		}
		for m := range named.Methods() {
			if m.Exported() {
				all = append(all, exported{m, named})
			}
		}
		switch t := named.Underlying().(type) {
		case *types.Struct:
			for i := range t.NumFields() {
				if f := t.Field(i); f.Exported() && !f.Embedded() && t.Tag(i) == "" {
					all = append(all, exported{f, named})
				}
			}
		case *types.Interface:
			for m := range t.ExplicitMethods() {
				if m.Exported() {
					all = append(all, exported{m, named})
				}
			}
		}
	}
	return all
}

// read notes the objects that a package uses, and the interfaces that it sees.
func (u *usage) read(p *packages.Package) {
	for _, o := range p.TypesInfo.Uses {
		u.note(p.Types, o)
	}
	for n, tv := range p.TypesInfo.Types {
		u.see(tv.Type)
		if lit, ok := n.(*ast.CompositeLit); ok {
			u.unkeyed(p.Types, lit, tv.Type)
		}
	}
	for _, imported := range p.Types.Imports() {
		for _, name := range imported.Scope().Names() {
			u.see(imported.Scope().Lookup(name).Type())
		}
	}
}

// see notes t if it is an interface.
func (u *usage) see(t types.Type) {
	if _, parameter := t.(*types.TypeParam); parameter || t == nil {
		return
	}
	if i, ok := t.Underlying().(*types.Interface); ok {
		u.interfaces = append(u.interfaces, i)
	}
}

func (u *usage) note(user *types.Package, o types.Object) {
	switch v := o.(type) {
	case *types.Func:
		o = v.Origin()
	case *types.Var:
		o = v.Origin()
	}
	if o.Pkg() == user {
		u.own[o] = true
	} else {
		u.other[o] = true
	}
}

// unkeyed notes the fields that a literal without keys sets.
func (u *usage) unkeyed(user *types.Package, lit *ast.CompositeLit, t types.Type) {
	s, ok := t.Underlying().(*types.Struct)
	if !ok || len(lit.Elts) == 0 {
		return
	}
	if _, keyed := lit.Elts[0].(*ast.KeyValueExpr); keyed {
		return
	}
	for f := range s.Fields() {
		u.note(user, f)
	}
}

// follow notes the types that code reaches from a used object without their
// names: as a parameter, a result, an element or a field.
func (u *usage) follow() {
	queue := slices.Collect(maps.Keys(u.other))
	for len(queue) > 0 {
		o := queue[0]
		queue = queue[1:]
		for _, named := range reached(o) {
			if t := named.Origin().Obj(); !u.other[t] {
				u.other[t] = true
				queue = append(queue, t)
			}
		}
	}
}

// reached returns the named types in the declaration of o.
func reached(o types.Object) (all []*types.Named) {
	all = namedIn(o.Type(), nil)
	if _, isType := o.(*types.TypeName); !isType {
		return all
	}
	switch t := o.Type().Underlying().(type) {
	case *types.Struct:
		for f := range t.Fields() {
			if f.Exported() {
				all = namedIn(f.Type(), all)
			}
		}
	case *types.Interface:
		for m := range t.Methods() {
			all = namedIn(m.Type(), all)
		}
	default:
		all = namedIn(t, all)
	}
	return all
}

// namedIn appends the named types that the type expression t is made of.
func namedIn(t types.Type, all []*types.Named) []*types.Named {
	switch t := t.(type) {
	case *types.Named:
		all = append(all, t)
		for a := range t.TypeArgs().Types() {
			all = namedIn(a, all)
		}
	case *types.Map:
		all = namedIn(t.Key(), namedIn(t.Elem(), all))
	case interface{ Elem() types.Type }: // array, slice, pointer, channel
		all = namedIn(t.Elem(), all)
	case *types.Signature:
		if t.Recv() != nil {
			all = namedIn(t.Recv().Type(), all)
		}
		all = namedIn(t.Params(), namedIn(t.Results(), all))
	case *types.Tuple:
		for v := range t.Variables() {
			all = namedIn(v.Type(), all)
		}
	}
	return all
}

// uses reports whether another package uses e. Use by its own package is enough for a
// member of an enumeration, a field and a method of an interface. A method by which its
// type satisfies an interface is used.
func (u *usage) uses(e exported) bool {
	if u.other[e.object] {
		return true
	}
	switch o := e.object.(type) {
	case *types.Const:
		_, enumerated := o.Type().(*types.Named)
		return enumerated && u.own[o]
	case *types.Var:
		return e.owner != nil && u.own[o]
	case *types.Func:
		return e.owner != nil && (types.IsInterface(e.owner) && u.own[o] || u.satisfies(e.owner, o.Name()))
	}
	return false
}

// satisfies reports whether t has the method because of an interface, or because
// package errors looks for it.
func (u *usage) satisfies(t *types.Named, method string) bool {
	if method == "Is" || method == "As" || method == "Unwrap" {
		return true
	}
	return slices.ContainsFunc(u.interfaces, func(i *types.Interface) bool {
		if t.Underlying() == i {
			return false
		}
		for m := range i.Methods() {
			if m.Name() == method {
				return types.Implements(t, i) || types.Implements(types.NewPointer(t), i)
			}
		}
		return false
	})
}

// parseAllowed reads the lines "name  reason" of unused.txt. A name without a reason is a fault.
func parseAllowed(text string) (rows []row, faults []string) {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		words := strings.Fields(line)
		if len(words) < 2 {
			faults = append(faults, fmt.Sprintf("unused.txt: %s has no reason", words[0]))
		}
		rows = append(rows, row{words[0], words[1:]})
	}
	return rows, faults
}

// The check finds what it is for and lets the rest be.
func TestExportedNames(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module brink\n\ngo 1.26\n",
		"a/a.go": `package a
import "io"
type Used struct { Read, Written int; Lost int; Tagged int ` + "`json:\"x\"`" + ` }
type Reached struct{}
type Unused struct{}
type Kind int
const ( First Kind = iota; Second; Third )
const Limit = 1
var Err = io.EOF
func New() (*Used, []Reached) { return &Used{Written: int(Second)}, nil }
func Dead() {}
func Own() { _ = Limit; _ = Err }
func (u *Used) Close() error { return nil }
func (u *Used) Called() { u.Reset(); Own() }
func (u *Used) Reset() {}
type Shape interface { Area() int; Edges() int }
func Measure(s Shape) int { return s.Area() }
type Pair[T any] struct { Left, Right T }
func (p Pair[T]) Both() []T { return nil }
func (p Pair[T]) None() {}
`,
		"a/a_test.go":   "package a_test\nimport \"brink/a\"\nfunc f() { a.Dead() }\n",
		"test/x/x.go":   "package x\nimport \"brink/a\"\nfunc F() { a.Dead() }\n",
		"cmd/x/main.go": "package main\nimport \"brink/a\"\nfunc Main() {}\nfunc main() { u, _ := a.New(); u.Called(); _ = u.Read; _ = a.First; a.Measure(nil); _ = a.Pair[int]{1, 2}.Both() }\n",
	} {
		name = filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	allowed, faults := parseAllowed("# comment\n\na.Unused  a reason\na.New  not needed\na.Own\n")
	if want := []string{"unused.txt: a.Own has no reason"}; !slices.Equal(faults, want) {
		t.Errorf("%q, want %q", faults, want)
	}
	faults, err := checkExported(dir, allowed)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(faults)
	var want []string
	for _, name := range []string{"Dead", "Err", "Limit", "Pair.None", "Shape.Edges", "Third", "Used.Lost", "Used.Reset"} {
		want = append(want, "a."+name+": no other package uses it")
	}
	want = append(want, "unused.txt: a.New is used, or does not exist")
	if !slices.Equal(faults, want) {
		t.Errorf("%q, want %q", faults, want)
	}
}
