package arch

import (
	_ "embed"
	"os"
	"slices"
	"testing"
)

var (
	//go:embed imports.txt
	imports string
	//go:embed libraries.txt
	libraries string
	//go:embed words.txt
	words string
)

// TestArchitecture reads the source of the whole project.
func TestArchitecture(t *testing.T) {
	tr := readTree(t, os.DirFS("../.."))
	if len(tr.files) == 0 {
		t.Fatal("there is no source")
	}
	for name, check := range map[string]func(*tree) []string{
		"TopLevel":  checkTopLevel,
		"Imports":   func(tr *tree) []string { return checkImports(tr, parseTable(imports)) },
		"Libraries": func(tr *tree) []string { return checkLibraries(tr, parseTable(libraries)) },
		"Comments":  checkComments,
		"Lengths":   checkLengths,
		"Names":     checkNames,
		"Words":     func(tr *tree) []string { return checkWords(tr, words) },
	} {
		t.Run(name, func(t *testing.T) {
			faults := check(tr)
			slices.Sort(faults)
			for _, f := range faults {
				t.Error(f)
			}
		})
	}
}
