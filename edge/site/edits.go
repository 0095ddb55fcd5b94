package site

import (
	"strings"

	"brink/conf"
	"brink/edge/wire"
)

// Edits change a list of fields. They remove fields first, and then set others.
type Edits struct {
	remove []string // in lower case; the names in set are among them
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

// Apply edits the fields for the origin.
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

// Render writes the edited fields of src to dst, and reuses the memory of dst. The field
// kept stays as it is; wire.Other: there is no such field.
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
