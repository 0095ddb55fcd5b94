package docs

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	indexRow   = regexp.MustCompile("^\\| \\[(\\w+)\\]\\((\\w+)\\) \\| .+ \\| (?:`([^`]+)`)? ?\\|$")
	testNames  = regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	flagNames  = regexp.MustCompile(`flag\.\w+\((?:&[\w.]+, )?"(\w+)"`)
	noCommands = []string{"brinktest", "peers"}
)

// TestIndex holds the table in test/README.md against the folders and the tests.
func TestIndex(t *testing.T) {
	entries, err := os.ReadDir(filepath.Join(root, "test"))
	if err != nil {
		t.Fatal(err)
	}
	var folders []string
	for _, e := range entries {
		if e.Name() != "README.md" {
			folders = append(folders, e.Name())
		}
	}
	for _, f := range checkIndex(read(t, "test/README.md"), folders) {
		t.Error(f)
	}
}

// checkIndex returns what is wrong with an index of folders.
func checkIndex(text string, folders []string) (faults []string) {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "| [") {
			continue
		}
		m := indexRow.FindStringSubmatch(line)
		if m == nil || m[1] != m[2] {
			faults = append(faults, "not a row: "+line)
			continue
		}
		folder, command := m[1], m[3]
		i := slices.Index(folders, folder)
		if i < 0 {
			faults = append(faults, folder+": there is no such folder, or it has two rows")
			continue
		}
		folders = slices.Delete(slices.Clone(folders), i, i+1)
		if command == "" && slices.Contains(noCommands, folder) {
			continue
		}
		if !strings.Contains(command, "test/"+folder) {
			faults = append(faults, folder+": the command is not about it")
		} else if err := checkCommand(strings.Fields(command)); err != nil {
			faults = append(faults, fmt.Sprintf("%s: %s: %v", folder, command, err))
		}
	}
	for _, f := range folders {
		faults = append(faults, f+": has no row")
	}
	return faults
}

// checkCommand looks for the package, the test and the flags that a go command names,
// and for the file of any other command.
func checkCommand(words []string) error {
	if words[0] != "go" {
		words = slices.DeleteFunc(slices.Clone(words), func(w string) bool { return strings.Contains(w, "=") })
		_, err := os.Stat(filepath.Join(root, words[0]))
		return err
	}
	files, err := filepath.Glob(filepath.Join(root, words[2], "*.go"))
	if err != nil || len(files) == 0 {
		return fmt.Errorf("there is no package %s", words[2])
	}
	var source strings.Builder
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			return err
		}
		source.Write(text)
	}
	for i, w := range words[3:] {
		name, isFlag := strings.CutPrefix(w, "-")
		switch {
		case w == "-run":
			test, _, _ := strings.Cut(words[3:][i+1], "/")
			if !has(testNames, source.String(), test) {
				return fmt.Errorf("there is no %s", test)
			}
		case isFlag && !has(flagNames, source.String(), name):
			return fmt.Errorf("there is no flag %s", w)
		}
	}
	return nil
}

// has reports whether pattern finds a name in text.
func has(pattern *regexp.Regexp, text, name string) bool {
	return slices.ContainsFunc(pattern.FindAllStringSubmatch(text, -1), func(m []string) bool { return m[1] == name })
}

// The check accepts right rows and reports wrong ones.
func TestIndexCheck(t *testing.T) {
	for row, fault := range map[string]string{
		"| [docs](docs) | proves | `go test ./test/docs -run TestLinks` |":                    "",
		"| [docs](docs) | proves | `go test ./test/docs -run TestLinks/any` |":                "",
		"| [docs](docs) | proves | `go test ./test/docs -run TestNothing` |":                  "there is no TestNothing",
		"| [docs](docs) | proves | `go test ./test/docs -fast` |":                             "there is no flag -fast",
		"| [docs](docs) | proves | `go test ./test/arch` |":                                   "the command is not about it",
		"| [docs](docs) | proves | |":                                                         "the command is not about it",
		"| [docs](doc) | proves | `go test ./test/docs` |":                                    "not a row",
		"| [docs](docs) | proves | `go test ./test/docs` |\n| [dogs](dogs) | | `test/dogs` |": "not a row",
		"| [dogs](dogs) | proves | `go test ./test/dogs` |":                                   "no such folder",
		"": "docs: has no row",
	} {
		faults := strings.Join(checkIndex(row, []string{"docs"}), "\n")
		if fault == "" && faults != "" || !strings.Contains(faults, fault) {
			t.Errorf("%s: %q, want %q", row, faults, fault)
		}
	}
	for command, ok := range map[string]bool{
		"go run ./test/bench -quick -only brink": true,
		"go run ./test/bench -slow":              false,
		"go run ./test/diskbench -gib 1":         true,
		"go test ./test/soak -soak":              true,
		"FUZZTIME=5s test/fuzz ./edge/wire":      true,
		"test/walk":                              false,
	} {
		if err := checkCommand(strings.Fields(command)); (err == nil) != ok {
			t.Errorf("%s: %v", command, err)
		}
	}
}
