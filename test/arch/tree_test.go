package arch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// goFile is a Go source file, parsed.
type goFile struct {
	path  string // from the root, with slashes
	ast   *ast.File
	fset  *token.FileSet
	lines int
}

func (f *goFile) dir() string { return path.Dir(f.path) }
func (f *goFile) test() bool  { return strings.HasSuffix(f.path, "_test.go") }

// imports returns the paths that the file imports.
func (f *goFile) imports() []string {
	var all []string
	for _, s := range f.ast.Imports {
		if p, err := strconv.Unquote(s.Path.Value); err == nil {
			all = append(all, p)
		}
	}
	return all
}

// tree is the source of the project.
type tree struct {
	top   []string // names in the root
	files []*goFile
	texts map[string]string // every text that people write, by path
}

func readTree(t *testing.T, root fs.FS) *tree {
	t.Helper()
	tr := &tree{texts: make(map[string]string)}
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name == ".":
			return nil
		case ignored(name):
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.Contains(name, "/") {
			tr.top = append(tr.top, name)
		}
		if d.IsDir() || generated(name) {
			return nil
		}
		b, err := fs.ReadFile(root, name)
		if err == nil && utf8.Valid(b) {
			tr.texts[name] = string(b)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	tr.parse(t)
	return tr
}

func (tr *tree) parse(t *testing.T) {
	t.Helper()
	fset := token.NewFileSet()
	for name, text := range tr.texts {
		if !strings.HasSuffix(name, ".go") {
			continue
		}
		f, err := parser.ParseFile(fset, name, text, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		tr.files = append(tr.files, &goFile{path: name, ast: f, fset: fset, lines: strings.Count(text, "\n")})
	}
}

// ignored reports whether a path is not part of the source: what .gitignore
// names, what tools keep in dot-folders, and inputs of tests.
func ignored(name string) bool {
	base := path.Base(name)
	return base[0] == '.' || base == "node_modules" || base == "testdata" || name == "brink" || name == "bin" || name == "dist"
}

// generated reports whether tools write a file, or whether it is the list of
// words itself.
func generated(name string) bool {
	base := path.Base(name)
	return base == "go.sum" || base == "package-lock.json" || name == "test/arch/words.txt"
}

// packages returns the files of each folder that has any.
func (tr *tree) packages() map[string][]*goFile {
	all := make(map[string][]*goFile)
	for _, f := range tr.files {
		all[f.dir()] = append(all[f.dir()], f)
	}
	return all
}
