package conf

import (
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

func TestErrorIsForPeople(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		_, err := Parse("shop.hcl", []byte(text))
		if err == nil || err.Error() != want {
			t.Errorf("got\n%v\nwant\n%s", err, want)
		}
	}
	f(anOrigin+strings.Repeat("\n", 7)+"site \"shop\" {\nhosts = [\"*\"]\norigin = \"app\"\n  defualt_ttl = \"5s\"\n}\n",
		`shop.hcl:12:3: unknown setting "defualt_ttl"
  12 |   defualt_ttl = "5s"
     |   ^^^^^^^^^^^
  did you mean "default_ttl"?`)

	// tabs stay tabs, so that the carets stand below; wide text is counted in characters
	f(anOrigin+aSite+"log {\n\tlevel = \"löud\" # ünd\r\n}",
		"shop.hcl:7:10: level: \"löud\" is none of \"debug\", \"info\", \"warn\", \"error\"\n"+
			"  7 | \tlevel = \"löud\" # ünd\n"+
			"    | \t        ^^^^^^")

	// two errors, in the order of lines, with both places of a repetition
	f("nodes {}\n"+anOrigin+aSite+"store {}\nstore {}\n",
		`shop.hcl:1:1: unknown block "nodes"
  1 | nodes {}
    | ^^^^^
  did you mean "node"?
shop.hcl:8:1: "store" is written twice
  8 | store {}
    | ^^^^^
  first written at shop.hcl:7`)

	// what covers several lines is marked on its first
	f("site \"a\" {\nhosts = {\na = \"b\"\n}\nredirect { to = \"/\" }\n}\n",
		`shop.hcl:2:9: hosts: a list is expected
  2 | hosts = {
    |         ^
  for example ["a", "b"]`)

	// long lines are cut around the place, control characters replaced
	f("node { id = \"a\" }"+strings.Repeat(" ", 100)+"/* \x1b[31m */ nod {} # "+strings.Repeat("é", 100)+"\n"+anOrigin+aSite,
		"shop.hcl:1:130: unknown block \"nod\"\n"+
			"  1 | …"+strings.Repeat(" ", 48)+"/* \uFFFD[31m */ nod {} # "+strings.Repeat("é", 26)+"…\n"+
			"    | "+strings.Repeat(" ", 61)+"^^^\n"+
			"  did you mean \"node\"?")

	// no line: no place
	f("", "shop.hcl: no site: there is nothing to serve\n  write site \"main\" { ... } with hosts = [\"*\"] and origin = \"...\"")
}

func TestSecretsAreNotInMessages(t *testing.T) {
	t.Setenv("CONF_TEST_SECRET", "hunter2\n")
	text := "site \"a\" {\nhosts = [\"*\"]\norigin = \"app\"\nrequest { set = { X = env(\"CONF_TEST_SECRET\") } }\n}\n"
	_, err := Parse("t.hcl", []byte("origin \"app\" { server \"http://u:${env(\"CONF_TEST_SECRET\")}@a.test\" {} }\n"+text))
	if err == nil || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "line break") {
		t.Error(err)
	}
}

func TestNearest(t *testing.T) {
	names := []string{"ttl", "min_ttl", "max_ttl", "default_ttl", "on", "off"}
	f := func(s, want string) {
		t.Helper()
		if got := nearest(s, names); got != want {
			t.Errorf("%q: %s, want %s", s, got, want)
		}
	}
	f("tlt", `"ttl"`)
	f("defaultttl", `"default_ttl"`)
	f("default-ttl", `"default_ttl"`)
	f("mni_ttl", `"min_ttl"`)
	f("of", `"off"`)
	f("no", `"on"`)
	f("", "")
	f("memory", "")
	f("ttl", "")
	f(strings.Repeat("x", 1<<20), "")
}

// Strings that are read without the library's expression parser have the
// value that it would give them.
func TestPlainTextIsWhatTheLibrarySays(t *testing.T) {
	for _, text := range []string{`""`, `"a"`, `"é"`, "\"e\u0301\"", "\"\u212b\"", `"a b	c"`, `"#//*"`, `"{}[]"`, "\"\u00a0\u200d👩‍🚀\"", "\"\ufeff\""} {
		at := hcl.Pos{Line: 1, Column: 5, Byte: 4}
		theirs, bad := hclsyntax.ParseExpression([]byte(text), "t", at)
		if len(bad) > 0 {
			t.Fatal(bad)
		}
		root, f := parse(&source{name: "t", text: []byte("a = " + text + "\n")})
		if f != nil {
			t.Fatal(f.summary)
		}
		ours := root.attributes[0].value
		want, _ := readText(theirs)
		got, f := readText(ours)
		if f != nil || got != want || ours.Range() != theirs.Range() || literal(ours) != literal(theirs) {
			t.Errorf("%s: %q at %v, want %q at %v", text, got, ours.Range(), want, theirs.Range())
		}
	}
}
