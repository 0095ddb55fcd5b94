package conf

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// maxFaults bounds how many errors are reported. A user reads no more than these,
// and a file of four million bad characters must not cause four million diagnostics.
const maxFaults = 100

// fault is an unfinished Diagnostic. A check of a value returns a fault without a
// place, and the caller of the check adds the place.
type fault struct {
	at      hcl.Range
	summary string
	detail  string
	hint    string
}

func wrong(format string, args ...any) *fault {
	return &fault{summary: sprintf(format, args...)}
}

// maxShown is how many bytes of one text of the conf a message shows.
const maxShown = 120

// sprintf is fmt.Sprintf, but cuts long texts.
func sprintf(format string, args ...any) string {
	for i, a := range args {
		if b, ok := a.([]byte); ok {
			a = string(b)
		}
		if s, ok := a.(string); ok && len(s) > maxShown {
			args[i] = strings.ToValidUTF8(s[:maxShown], "") + "…"
		}
	}
	return fmt.Sprintf(format, args...)
}

func (f *fault) in(at hcl.Range) *fault {
	f.at = at
	return f
}

// of names the setting or block that the fault is about.
func (f *fault) of(name string) *fault {
	f.summary = name + ": " + f.summary
	return f
}

func (f *fault) hinted(format string, args ...any) *fault {
	f.hint = sprintf(format, args...)
	return f
}

func (f *fault) detailed(format string, args ...any) *fault {
	f.detail = sprintf(format, args...)
	return f
}

// meant suggests right as the correct text. It suggests nothing if right is empty or too
// long to read.
func (f *fault) meant(right string) *fault {
	if right == "" || len(right) > maxShown {
		return f
	}
	return f.hinted("did you mean %s?", right)
}

// before points at the earlier place that f repeats.
func (f *fault) before(first hcl.Range) *fault {
	return f.detailed("first written at %s", position(first))
}

func position(at hcl.Range) string {
	return fmt.Sprintf("%s:%d", at.Filename, at.Start.Line)
}

// faults collects the faults of a set of files.
type faults struct {
	sources []*source
	list    []*fault
	more    bool // there were more than maxFaults
}

func (c *faults) add(f *fault) {
	if c.full() {
		c.more = true
		return
	}
	c.list = append(c.list, f)
}

// full reports whether further faults are dropped, so that callers need not look for
// suggestions.
func (c *faults) full() bool { return len(c.list) >= maxFaults }

// errors returns nil if there was no fault.
func (c *faults) errors() error {
	if len(c.list) == 0 {
		return nil
	}
	order := make(map[string]*source, len(c.sources))
	for _, s := range c.sources {
		order[s.name] = s
	}
	slices.SortStableFunc(c.list, func(a, b *fault) int {
		if a.at.Filename != b.at.Filename {
			return order[a.at.Filename].order() - order[b.at.Filename].order()
		}
		return a.at.Start.Byte - b.at.Start.Byte
	})
	all := make(Errors, len(c.list))
	for i, f := range c.list {
		all[i] = f.diagnostic(order[f.at.Filename])
	}
	if c.more {
		all = append(all, Diagnostic{Summary: fmt.Sprintf("more than %d errors: the rest is not shown", maxFaults)})
	}
	return all
}

func (f *fault) diagnostic(s *source) Diagnostic {
	d := Diagnostic{File: f.at.Filename, Line: f.at.Start.Line, Column: f.at.Start.Column,
		Summary: printable([]byte(f.summary)), Detail: printable([]byte(f.detail)), Suggestion: printable([]byte(f.hint))}
	if s != nil && d.Line > 0 {
		d.Snippet = snippet(s.text, f.at)
	}
	return d
}
