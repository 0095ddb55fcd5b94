package arch

import (
	"fmt"
	"go/ast"
	"path"
	"regexp"
	"slices"
	"strings"
)

// module is the name in go.mod.
const module = "brink"

const (
	maxFileLines     = 750
	maxFunctionLines = 80
)

// topLevel is all that the root may hold, besides dot-files.
var topLevel = []string{
	"cmd", "edge", "store", "purge", "origin", "geo", "conf", "test",
	"go.mod", "go.sum", "Dockerfile", "README.md", "LICENSE", "Makefile",
}

// row is a line of a table: a key and the words after the colon.
type row struct {
	key   string
	words []string
}

// parseTable reads lines of "key: word word" between comments.
func parseTable(text string) (rows []row) {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		key, rest, _ := strings.Cut(line, ":")
		rows = append(rows, row{key, strings.Fields(rest)})
	}
	return rows
}

func checkTopLevel(tr *tree) (faults []string) {
	for _, name := range tr.top {
		if !slices.Contains(topLevel, name) {
			faults = append(faults, name+": has no place in the root")
		}
	}
	return faults
}

// checkImports holds the imports of ours against imports.txt.
func checkImports(tr *tree, table []row) (faults []string) {
	packages := tr.packages()
	used := make(map[string]bool)
	for dir, files := range packages {
		i := slices.IndexFunc(table, func(r row) bool { return covers(r.key, dir) })
		if i < 0 {
			faults = append(faults, dir+": has no row in imports.txt")
			continue
		}
		used[table[i].key] = true
		for _, f := range files {
			for _, p := range f.imports() {
				ours, ok := strings.CutPrefix(p, module+"/")
				if ok && ours != dir && !mayImport(table[i].words, ours) {
					faults = append(faults, fmt.Sprintf("%s: imports %s, which %s may not", f.path, ours, dir))
				}
			}
		}
	}
	for _, r := range table {
		if !used[r.key] {
			faults = append(faults, "imports.txt: there is no package "+r.key)
		}
		for _, w := range r.words {
			if w != "all" && w != "everything" && packages[w] == nil {
				faults = append(faults, fmt.Sprintf("imports.txt: %s may import %s, which does not exist", r.key, w))
			}
		}
	}
	return faults
}

// covers reports whether key names dir, or with /... a folder above it.
func covers(key, dir string) bool {
	below, ok := strings.CutSuffix(key, "/...")
	return key == dir || ok && strings.HasPrefix(dir+"/", below+"/")
}

func mayImport(words []string, p string) bool {
	outer := strings.HasPrefix(p, "cmd/") || strings.HasPrefix(p, "test/")
	return slices.Contains(words, p) ||
		slices.Contains(words, "everything") ||
		slices.Contains(words, "all") && !outer
}

// checkLibraries holds the imports of other modules, and of the packages of
// the standard library that have a row, against libraries.txt.
func checkLibraries(tr *tree, table []row) (faults []string) {
	for _, f := range tr.files {
		for _, p := range f.imports() {
			first, _, _ := strings.Cut(p, "/")
			i := slices.IndexFunc(table, func(r row) bool { return p == r.key || strings.HasPrefix(p, r.key+"/") })
			switch {
			case i < 0 && (first == module || !strings.Contains(first, ".")): // ours, or the standard library's
			case i < 0:
				faults = append(faults, fmt.Sprintf("%s: imports %s, which has no row in libraries.txt", f.path, p))
			case !f.test() && !slices.ContainsFunc(table[i].words, f.at):
				faults = append(faults, fmt.Sprintf("%s: imports %s, which belongs in %s", f.path, p, strings.Join(table[i].words, " ")))
			}
		}
	}
	return faults
}

// at reports whether f is at a place as libraries.txt gives it.
func (f *goFile) at(place string) bool {
	if name, ok := strings.CutPrefix(place, "*/"); ok {
		return path.Base(f.path) == name
	}
	if dir, ok := strings.CutSuffix(place, "/*"); ok {
		return f.dir() == dir
	}
	if strings.HasSuffix(place, "/") {
		return strings.HasPrefix(f.path, place)
	}
	return f.path == place
}

// checkComments wants the package comment in doc.go, and nowhere else.
func checkComments(tr *tree) (faults []string) {
	for dir, files := range tr.packages() {
		i := slices.IndexFunc(files, func(f *goFile) bool { return path.Base(f.path) == "doc.go" })
		if i < 0 {
			faults = append(faults, dir+": has no doc.go")
			continue
		}
		opening := "Package " + files[i].ast.Name.Name + " "
		if files[i].ast.Name.Name == "main" {
			opening = "Command " + path.Base(dir) + " "
		}
		if !strings.HasPrefix(files[i].ast.Doc.Text(), opening) {
			faults = append(faults, fmt.Sprintf("%s: the package comment does not begin with %q", files[i].path, opening))
		}
		for j, f := range files {
			if j != i && f.ast.Doc.Text() != "" {
				faults = append(faults, f.path+": a package comment outside doc.go")
			}
		}
	}
	return faults
}

func checkLengths(tr *tree) (faults []string) {
	for _, f := range tr.files {
		if f.test() {
			continue
		}
		if f.lines > maxFileLines {
			faults = append(faults, fmt.Sprintf("%s: %d lines, at most %d", f.path, f.lines, maxFileLines))
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			d, ok := n.(*ast.FuncDecl)
			if !ok {
				return true
			}
			if long := f.fset.Position(d.End()).Line - f.fset.Position(d.Pos()).Line + 1; long > maxFunctionLines {
				faults = append(faults, fmt.Sprintf("%s: %s has %d lines, at most %d", f.path, d.Name.Name, long, maxFunctionLines))
			}
			return false
		})
	}
	return faults
}

// badNames are words for packages and files that say nothing of what is in
// them.
var badNames = regexp.MustCompile(`(^|[/_])(utils?|common|helpers?|managers?|base|types|data|info|misc)(_test)?(\.go)?(/|$)`)

func checkNames(tr *tree) (faults []string) {
	for _, f := range tr.files {
		if badNames.MatchString(f.path) {
			faults = append(faults, f.path+": a name that says nothing")
		}
	}
	return faults
}

// checkWords holds every line against words.txt.
func checkWords(tr *tree, list string) (faults []string) {
	for rule := range strings.Lines(list) {
		rule = strings.TrimSpace(rule)
		if rule == "" || rule[0] == '#' {
			continue
		}
		pattern, instead, _ := strings.Cut(rule, "  ")
		word := regexp.MustCompile(pattern)
		for name, text := range tr.texts {
			n := 0
			for line := range strings.Lines(text) {
				n++
				if word.MatchString(line) {
					faults = append(faults, fmt.Sprintf("%s:%d: %s: %s", name, n, strings.TrimSpace(line), strings.TrimSpace(instead)))
				}
			}
		}
	}
	return faults
}
