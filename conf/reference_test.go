package conf

import (
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite the tables of README.md")

var tables = regexp.MustCompile(`(?s)<!-- settings: (\w+) -->\n.*?<!-- end -->`)

// The tables of the reference are what the table of settings says: names,
// types, defaults and meanings, of every block.
func TestReferenceTables(t *testing.T) {
	text := contents(t, "README.md")
	seen := map[string]bool{}
	right := tables.ReplaceAllStringFunc(text, func(old string) string {
		kind := tables.FindStringSubmatch(old)[1]
		seen[kind] = true
		for _, s := range everySection() {
			if s.reference() == kind {
				return fmt.Sprintf("<!-- settings: %s -->\n%s<!-- end -->", kind, table(s))
			}
		}
		t.Errorf("README.md has a table of an unknown block %q", kind)
		return old
	})
	for _, s := range everySection() {
		if s != rootSection && !seen[s.reference()] {
			t.Errorf("README.md has no table of %q", s.reference())
		}
	}
	if right == text {
		return
	}
	if !*update {
		t.Error("README.md does not say what the settings are: go test ./conf -run Reference -update")
		return
	}
	if err := os.WriteFile("README.md", []byte(right), 0o666); err != nil {
		t.Fatal(err)
	}
}

func (s *section) reference() string {
	if s.as != "" {
		return s.as
	}
	return s.kind
}

func table(s *section) string {
	var b strings.Builder
	b.WriteString(s.meaning + "\n\n| setting | type | default | meaning |\n|---|---|---|---|\n")
	for _, c := range s.settings {
		if s == siteSection && pathSection.setting(c.name) == c {
			continue // said of path
		}
		value := c.absent
		switch {
		case c.must:
			value = "required"
		case c.value != "":
			value = "`" + c.value + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", c.name, typeName(c, s), value, c.meaning)
	}
	return b.String()
}

// typeName says what a setting takes.
func typeName(c *setting, of *section) string {
	switch c.field(of.zero()).(type) {
	case *string:
		if c.words != nil {
			return "word"
		}
		return "text"
	case *bool:
		return "true or false"
	case *int, *float64:
		return "number"
	case *Size:
		return "size"
	case *time.Duration, **time.Duration:
		return "duration"
	case *[]string:
		return "list of texts"
	case *[]int:
		return "list of numbers"
	case *[]netip.Prefix:
		return "list of networks"
	case *map[int]time.Duration:
		return "map of durations"
	case *[]Field:
		return "map of texts"
	}
	panic("BUG: the setting " + c.name + " has no type")
}

var fences = regexp.MustCompile("(?s)```hcl\n(.*?)```")

// Every example of the reference is valid, given an origin and a site where it
// is not about them.
func TestReferenceExamples(t *testing.T) {
	dir := withFiles(t)
	for i, m := range fences.FindAllStringSubmatch(contents(t, "README.md"), -1) {
		if _, err := Parse(filepath.Join(dir, fmt.Sprintf("README-%d.hcl", i+1)), []byte(inContext(m[1]))); err != nil {
			t.Errorf("%v\nin\n%s", err, m[1])
		}
	}
}

func inContext(text string) string {
	if !strings.Contains(text, "origin \"") {
		text += "\norigin \"app\" {\n server \"http://127.0.0.1:9000\" {}\n}\n"
	}
	if !strings.Contains(text, "site \"") {
		text += "\nsite \"all\" {\n hosts = [\"*\"]\n redirect { to = \"https://example.com/\" }\n}\n"
	}
	return text
}

func TestExamples(t *testing.T) {
	names, err := filepath.Glob("examples/*.hcl")
	if err != nil || len(names) < 3 {
		t.Fatal("no examples", err)
	}
	for _, name := range names {
		c, err := Load(name)
		if err != nil {
			t.Error(err)
			continue
		}
		if err := invariants(c); err != nil {
			t.Error(name, err)
		}
	}
}

// Every setting and block is used in an example, so that a reader finds one.
func TestEverySettingHasAnExample(t *testing.T) {
	used := map[string]bool{}
	for _, m := range fences.FindAllStringSubmatch(contents(t, "README.md"), -1) {
		mark(t, used, m[1])
	}
	names, _ := filepath.Glob("examples/*.hcl")
	for _, name := range names {
		mark(t, used, contents(t, name))
	}
	for _, s := range everySection() {
		for _, name := range s.names() {
			if s == siteSection && pathSection.setting(name) != nil {
				continue
			}
			if !used[s.kind+"."+name] {
				t.Errorf("no example uses %s.%s", s.kind, name)
			}
		}
	}
}

func mark(t *testing.T, used map[string]bool, text string) {
	root, f := parse(&source{name: "example", text: []byte(text)})
	if f != nil {
		t.Fatal(f.summary)
	}
	var visit func(b *block)
	visit = func(b *block) {
		for _, a := range b.attributes {
			used[b.kind+"."+a.name] = true
			if b.kind == "site" {
				used["path."+a.name] = true
			}
		}
		for _, c := range b.blocks {
			used[b.kind+"."+c.kind] = true
			if b.kind == "site" {
				used["path."+c.kind] = true
			}
			visit(c)
		}
	}
	visit(root)
}

func contents(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
