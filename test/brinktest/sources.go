package brinktest

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// readSources looks at all folders with source of the binary. go test repeats
// an earlier result unless something changed that the test had read; of what it
// builds and runs it does not know.
func readSources() error {
	root := "."
	for {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			break
		} else if len(root) > 100 {
			return err
		}
		root = filepath.Join(root, "..")
	}
	return filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil || !d.IsDir():
			return err
		case name == filepath.Join(root, "test"), strings.HasPrefix(d.Name(), ".") && name != root:
			return fs.SkipDir
		}
		return nil
	})
}
