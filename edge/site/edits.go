package site

import (
	"strings"

	"brink/conf"
	"brink/edge/wire"
)

// Edits are changes to a list of fields: removals, then settings.
type Edits struct {
	remove []string // lower case; holds the names that set replaces as well
	set    []conf.Field
}

func compileEdits(c conf.Edits) Edits {
	e := Edits{remove: lowerAll(c.Remove), set: c.Set}
	for _, f := range c.Set {
		e.remove = append(e.remove, strings.ToLower(f.Name))
	}
	return e
}

func (e *Edits) Empty() bool { return len(e.remove) == 0 }

func (e *Edits) drops(name []byte) bool {
	for _, r := range e.remove {
		if wire.EqualFold(name, r) {
			return true
		}
	}
	return false
}

// Apply applies e to the fields for the origin.
func (e *Edits) Apply(f *wire.Fields) {
	if e.Empty() {
		return
	}
	kept := f.List
	f.Reset()
	for i := range kept {
		if !e.drops(kept[i].Name) {
			f.Append(kept[i].Name, kept[i].Value)
		}
	}
	for i := range e.set {
		f.Append([]byte(e.set[i].Name), []byte(e.set[i].Value))
	}
}

// Render writes src with e applied to dst, reusing its memory. A field called
// kept, if that is not Other, stays as it is.
func (e *Edits) Render(dst, src *wire.Head, kept wire.Name) {
	dst.Begin(src.Status)
	for _, l := range src.Lines {
		if !e.drops(l.Name(src.Block)) || kept != wire.Other && l.ID == kept {
			dst.AddLine(src, l)
		}
	}
	for i := range e.set {
		if kept == wire.Other || !strings.EqualFold(e.set[i].Name, kept.String()) {
			dst.AddString(e.set[i].Name, e.set[i].Value)
		}
	}
}
