package message

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the glossary of README.md")

// Each reason has a word of its own and a meaning, and README.md has them all.
func TestGlossary(t *testing.T) {
	const begin, end = "<!-- reasons -->\n", "<!-- end -->"
	seen := map[string]bool{}
	var table strings.Builder
	table.WriteString("| word | what it means | what to do |\n|---|---|---|\n")
	for _, term := range Glossary() {
		if term.Word == "" || seen[term.Word] || !strings.HasSuffix(term.Meaning, ".") && !strings.HasSuffix(term.Meaning, ").") {
			t.Errorf("%+v", term)
		}
		seen[term.Word] = true
		fmt.Fprintf(&table, "| `%s` | %s | %s |\n", term.Word, term.Meaning, term.Advice)
	}
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), begin)
	_, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatal("README.md has no place for the glossary")
	}
	right := before + begin + table.String() + end + after
	if right == string(text) {
		return
	}
	if !*update {
		t.Fatal("README.md does not say what the reasons are: go test ./edge/message -run Glossary -update")
	}
	if err := os.WriteFile("README.md", []byte(right), 0o666); err != nil {
		t.Fatal(err)
	}
}
