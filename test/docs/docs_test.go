package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"brink/conf"
)

// pages are the files with examples, from the root.
var pages = []string{
	"README.md", "conf/README.md", "purge/README.md", "test/README.md",
	"edge/admin/README.md", "edge/engine/README.md", "edge/listen/README.md", "edge/message/README.md",
}

// example is a fenced block.
type example struct {
	line     int // of the opening fence
	language string
	text     string
}

func TestExamples(t *testing.T) {
	for _, page := range pages {
		s := newShell(t)
		for _, e := range examples(t, page) {
			try(t, s, page, e)
		}
	}
}

// try runs or checks one example. A conf is kept for the commands that follow,
// as a reader would save it.
func try(t *testing.T, s *shell, page string, e example) {
	t.Helper()
	switch e.language {
	case "hcl":
		if page == "conf/README.md" {
			return
		}
		s.conf = e.text
		s.writeTokens(t)
		if _, err := conf.Parse(filepath.Join(s.dir, filepath.Base(page)), []byte(e.text)); err != nil {
			t.Errorf("%s:%d: %v", page, e.line, err)
		}
	case "sh":
		for _, line := range commandLines(e.text) {
			if err := s.try(line); err != nil {
				t.Errorf("%s:%d: %s: %v", page, e.line, line, err)
			}
		}
	case "nginx":
		if err := s.nginx(t, e.text); err != nil {
			t.Errorf("%s:%d: %v", page, e.line, err)
		}
	case "text":
		if command.MatchString(e.text) {
			t.Errorf("%s:%d: a command in a text block is not tried: make it sh", page, e.line)
		}
	default:
		t.Errorf("%s:%d: nothing tries blocks of language %q", page, e.line, e.language)
	}
}

var tokenFiles = regexp.MustCompile(`"([a-z]+\.token)"`)

// writeTokens makes the files with tokens that the conf names.
func (s *shell) writeTokens(t *testing.T) {
	t.Helper()
	for _, m := range tokenFiles.FindAllStringSubmatch(s.conf, -1) {
		if err := os.WriteFile(filepath.Join(s.dir, m[1]), []byte("text-of-"+m[1]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

var command = regexp.MustCompile(`(?m)^(\$ |(\./)?brink |curl |make |go |git )`)

func examples(t *testing.T, page string) (all []example) {
	t.Helper()
	var open *example
	n := 0
	for line := range strings.Lines(read(t, page)) {
		n++
		fence, isFence := strings.CutPrefix(strings.TrimSpace(line), "```")
		switch {
		case isFence && open == nil:
			open = &example{line: n, language: fence}
		case isFence:
			all = append(all, *open)
			open = nil
		case open != nil:
			open.text += line
		}
	}
	if open != nil {
		t.Errorf("%s:%d: the block has no end", page, open.line)
	}
	return all
}

// commandLines returns the command lines of a block, each on one line and
// without its comment.
func commandLines(text string) (lines []string) {
	text = strings.ReplaceAll(text, "\\\n", " ")
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(" "+strings.TrimSpace(line), " #")
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

var (
	links   = regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)
	targets = regexp.MustCompile("`make ([a-z-]+)`")
)

// Links lead somewhere, and the targets that the text speaks of exist.
func TestLinks(t *testing.T) {
	for _, page := range pages {
		text := read(t, page)
		for _, m := range links.FindAllStringSubmatch(text, -1) {
			if _, err := os.Stat(filepath.Join(root, filepath.Dir(page), m[1])); err != nil {
				t.Errorf("%s: %v", page, err)
			}
		}
		for _, m := range targets.FindAllStringSubmatch(text, -1) {
			if err := hasTarget(m[1]); err != nil {
				t.Errorf("%s: %v", page, err)
			}
		}
	}
}

// The checks accept right lines and report wrong ones.
func TestChecks(t *testing.T) {
	s := newShell(t)
	s.conf = "store {\n  disk {\n    path = \"cache\"\n  }\n}\norigin \"a\" { server \"http://127.0.0.1:1\" {} }\nsite \"a\" {\n  hosts = [\"*\"]\n  origin = \"a\"\n}\n"
	for line, ok := range map[string]bool{
		"make test":                            true,
		"make tset":                            false,
		"go run ./cmd/brink demo":              true,
		"go run ./cmd/brink dmeo":              false,
		"go test ./test/docs":                  true,
		"go test ./test/nothing":               false,
		"./brink serve a.hcl":                  true,
		"./brink serve --fast a.hcl":           false,
		"brink check a.hcl":                    true,
		"brink check --deep a.hcl":             false,
		"brink explain http://127.0.0.1:8080/": true,
		"brink explain /":                      false,
		"brink purge http://127.0.0.1:8080/":   true,
		"brink purge --hosts a.test":           false,
		"printf 'tag a' | brink purge -":       true,
		"printf 'tga a' | brink purge -":       false,
		"brink store stat cache":               true,
		"brink store verify --repair cache":    true,
		"brink store stat elsewhere":           false,
		"reboot now":                           false,
		"curl -i http://127.0.0.1:8080/":       true,
		"curl http://127.0.0.1:9080/nothing":   false,
		"curl -s http://127.0.0.1:9080/metrics | grep brink_requests_total": true,
		"curl -s http://127.0.0.1:9080/metrics | grep brink_nothing":        false,
	} {
		if err := s.try(line); (err == nil) != ok {
			t.Errorf("%s: %v", line, err)
		}
	}
	if got := commandLines("# no\na \\\n b # c\n\nd#e\n"); strings.Join(got, "|") != "a   b|d#e" {
		t.Errorf("%q", got)
	}
}

const root = "../.."

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
