package arch

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// house returns a tree of the files given as path and content, in turn.
func house(t *testing.T, files ...string) *tree {
	t.Helper()
	m := make(fstest.MapFS)
	for i := 0; i < len(files); i += 2 {
		m[files[i]] = &fstest.MapFile{Data: []byte(files[i+1])}
	}
	return readTree(t, m)
}

// Each rule reports its faults, and nothing else.
func TestRules(t *testing.T) {
	table := parseTable("# comment\n\na:\nb: a\nc: all\ncmd/...: everything\n")
	complete := []string{
		"a/a.go", "package a", "b/b.go", "package b\nimport _ \"brink/a\"", "c/c.go", "package c",
		"cmd/x/x.go", "package main\nimport _ \"brink/c\"",
	}
	libs := parseTable("x.test/lib/v2: a/one.go */metrics.go c/\nlog/slog: e/*\nlog:\n")
	long := func(n int) string { return "package a\nfunc f() {" + strings.Repeat("\n", n-1) + "}\n" }
	for _, c := range []struct {
		name  string
		check func(*tree) []string
		files []string
		want  []string // how the faults begin, sorted
	}{
		{"top: known", checkTopLevel, []string{"go.mod", "", "cmd/x.go", "package x", ".git/x", "", ".ci/x.sh", "", "brink", "", "bin/x", ""}, nil},
		{"top: unknown", checkTopLevel, []string{"util/x.go", "package x", "notes.md", ""}, []string{"notes.md", "util"}},

		{"imports: allowed", importsBy(table), complete, nil},
		{"imports: refused", importsBy(table), with(complete, "a/d.go", "package a\nimport _ \"brink/b\""), []string{"a/d.go: imports b"}},
		{"imports: refused in tests", importsBy(table), with(complete, "a/d_test.go", "package a_test\nimport _ \"brink/b\""), []string{"a/d_test.go: imports b"}},
		{"imports: itself", importsBy(table), with(complete, "a/d_test.go", "package a_test\nimport _ \"brink/a\""), nil},
		{"imports: all is not cmd", importsBy(table), with(complete, "c/d.go", "package c\nimport _ \"brink/cmd/x\""), []string{"c/d.go: imports cmd/x"}},
		{"imports: everything is cmd", importsBy(table), with(complete, "cmd/y/y.go", "package y\nimport _ \"brink/cmd/x\""), nil},
		{"imports: no row", importsBy(table), with(complete, "a/sub/d.go", "package sub"), []string{"a/sub: has no row"}},
		{"imports: no package", importsBy(table), complete[4:], []string{"imports.txt: b may import a", "imports.txt: there is no package a", "imports.txt: there is no package b"}},

		{"libraries: in place", librariesBy(libs), []string{
			"a/one.go", "package a\nimport _ \"x.test/lib/v2/sub\"", "b/metrics.go", "package b\nimport _ \"x.test/lib/v2\"",
			"c/d/e.go", "package d\nimport _ \"x.test/lib/v2\"", "b/b_test.go", "package b\nimport _ \"x.test/lib/v2\"",
			"b/b.go", "package b\nimport _ \"net/http\"\nimport _ \"brink/a\"",
		}, nil},
		{"libraries: elsewhere", librariesBy(libs), []string{"a/two.go", "package a\nimport _ \"x.test/lib/v2\""}, []string{"a/two.go: imports x.test/lib/v2, which belongs"}},
		{"libraries: a folder alone", librariesBy(libs), []string{"e/a.go", "package e\nimport _ \"log/slog\"", "e/f/a.go", "package f\nimport _ \"log/slog\""}, []string{"e/f/a.go: imports log/slog"}},
		{"libraries: nowhere", librariesBy(libs), []string{"e/a.go", "package e\nimport _ \"log\""}, []string{"e/a.go: imports log, which belongs"}},
		{"libraries: unknown", librariesBy(libs), []string{"a/a_test.go", "package a\nimport _ \"x.test/lib/v20\""}, []string{"a/a_test.go: imports x.test/lib/v20, which has no row"}},

		{"comments: there", checkComments, []string{"a/doc.go", "// Package a is.\npackage a", "a/b.go", "package a", "cmd/x/doc.go", "// Command x is.\npackage main"}, nil},
		{"comments: none", checkComments, []string{"a/b.go", "// Package a is.\npackage a", "b/doc.go", "package b"}, []string{"a: has no doc.go", "b/doc.go: the package comment"}},
		{"comments: two", checkComments, []string{"a/doc.go", "// Package a is.\npackage a", "a/b.go", "// Package a has.\npackage a"}, []string{"a/b.go: a package comment"}},

		{"lengths: at the limit", checkLengths, []string{"a/a.go", long(maxFunctionLines), "a/b.go", "package a" + strings.Repeat("\n", maxFileLines)}, nil},
		{"lengths: function", checkLengths, []string{"a/a.go", long(maxFunctionLines + 1)}, []string{"a/a.go: f has 81 lines"}},
		{"lengths: file", checkLengths, []string{"a/a.go", "package a" + strings.Repeat("\n", maxFileLines+1)}, []string{"a/a.go: 751 lines"}},
		{"lengths: test", checkLengths, []string{"a/a_test.go", long(maxFileLines + 1)}, nil},

		{"names: telling", checkNames, []string{"a/database.go", "package a", "a/typeset.go", "package a"}, nil},
		{"names: empty", checkNames, []string{"a/utils.go", "package a", "common/x.go", "package common", "a/test_helper.go", "package a"}, []string{"a/test_helper.go", "a/utils.go", "common/x.go"}},

		{"words: clean", wordsByList, []string{"a/a.go", "package a // hackathon, autodoc: /v1/workers, origin/home/x, https://x.test/root/y"}, nil},
		{"words: found", wordsByList, []string{"a/a.go", "package a\n// " + "TO" + "DO: more", "README.md", "see /" + "home/x/y"}, []string{"README.md:1: ", "a/a.go:2: "}},
	} {
		faults := c.check(house(t, c.files...))
		slices.Sort(faults)
		if !slices.EqualFunc(faults, c.want, strings.HasPrefix) {
			t.Errorf("%s: %q, want %q", c.name, faults, c.want)
		}
	}
}

func importsBy(table []row) func(*tree) []string {
	return func(tr *tree) []string { return checkImports(tr, table) }
}

func librariesBy(table []row) func(*tree) []string {
	return func(tr *tree) []string { return checkLibraries(tr, table) }
}

func wordsByList(tr *tree) []string { return checkWords(tr, words) }

func with(files []string, more ...string) []string { return append(slices.Clone(files), more...) }
