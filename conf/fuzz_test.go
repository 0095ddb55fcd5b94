package conf

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// FuzzParse: whatever the text, there is a Config that keeps all promises or
// an error that says where, in a moment.
func FuzzParse(f *testing.F) {
	names, _ := filepath.Glob("examples/*.hcl")
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	text, err := os.ReadFile("README.md")
	if err != nil {
		f.Fatal(err)
	}
	for _, m := range fences.FindAllStringSubmatch(string(text), -1) {
		f.Add(m[1])
		f.Add(inContext(m[1]))
	}
	for _, text := range []string{"a=<<A\n${env(\"B\",\"c\")}\nA\n", "a{b=[{c=-1.5},\"%%{$${\"]}", "/*", "\"", "site a", "\ufeff#\r\n", "\xef\xbb\r", "a \"\x1b\"\n", anOrigin + aSite} {
		f.Add(text)
	}
	dir := withFiles(f)
	f.Fuzz(func(t *testing.T, text string) {
		start := time.Now()
		c, err := Parse(filepath.Join(dir, "t.hcl"), []byte(text))
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%d bytes took %v", len(text), took)
		}
		if err == nil {
			if err := invariants(c); err != nil {
				t.Errorf("%v\nfor\n%s", err, text)
			}
			return
		}
		all, ok := err.(Errors)
		if !ok || c != nil || len(all) == 0 {
			t.Fatalf("%T with %v", err, c)
		}
		lines := 1 + strings.Count(text, "\n")
		for _, d := range all {
			if d.Summary == "" || strings.Contains(d.Summary, "%!") || d.Line < 0 || d.Line > lines || d.Line > 0 && (d.Column < 1 || d.Snippet == "") {
				t.Errorf("%+v\nfor\n%s", d, text)
			}
			if strings.ContainsAny(d.Summary+d.Suggestion, "\n\r\x00\x1b") {
				t.Errorf("control characters in %q", d.Summary)
			}
		}
	})
}
