package conf

import (
	"fmt"
	"strings"
)

// Diagnostic is one error in the conf files, for people to read.
type Diagnostic struct {
	File   string // as given to Load or Parse, joined with the entry's name for a directory
	Line   int    // from 1; 0 if the error is not about a line
	Column int    // from 1, in characters

	Summary    string // one line
	Detail     string // more lines, or empty
	Snippet    string // the offending line and carets under the offending text, or empty
	Suggestion string // what to do about it, as a phrase, or empty
}

// Errors is the error of Load and Parse for invalid files: at least one Diagnostic,
// in the order of files and lines.
type Errors []Diagnostic

// Error returns all diagnostics, each on lines of its own.
func (e Errors) Error() string {
	all := make([]string, len(e))
	for i := range e {
		all[i] = e[i].String()
	}
	return strings.Join(all, "\n")
}

// String returns the diagnostic in the form that compilers use, without a line break
// at the end.
func (d *Diagnostic) String() string {
	var b strings.Builder
	b.WriteString(d.place())
	b.WriteString(d.Summary)
	for _, part := range []string{d.Snippet, d.Detail, d.Suggestion} {
		if part != "" {
			b.WriteString("\n  ")
			b.WriteString(strings.ReplaceAll(part, "\n", "\n  "))
		}
	}
	return b.String()
}

func (d *Diagnostic) place() string {
	switch {
	case d.File == "":
		return ""
	case d.Line == 0:
		return d.File + ": "
	default:
		return fmt.Sprintf("%s:%d:%d: ", d.File, d.Line, d.Column)
	}
}
