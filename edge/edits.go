package edge

import (
	"strings"

	"brink/conf"
	"brink/edge/wire"
	"brink/store"
)

// edits are changes to a list of fields: removals, then settings.
type edits struct {
	remove []string // lower case; holds the names that set replaces as well
	set    []conf.Field
}

func compileEdits(c conf.Edits) edits {
	e := edits{remove: lowerAll(c.Remove), set: c.Set}
	for _, f := range c.Set {
		e.remove = append(e.remove, strings.ToLower(f.Name))
	}
	return e
}

func (e *edits) none() bool { return len(e.remove) == 0 }

func (e *edits) drops(name []byte) bool {
	for _, r := range e.remove {
		if wire.EqualFold(name, r) {
			return true
		}
	}
	return false
}

// fields applies e to the fields for the origin.
func (e *edits) fields(f *wire.Fields) {
	if e.none() {
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

// head writes src with e applied to dst, reusing its memory. A field called
// kept, if that is not Other, stays as it is.
func (e *edits) head(dst, src *store.Head, kept wire.Name) {
	dst.Begin(src.Status, wire.StatusLine(src.Status))
	for _, l := range src.Lines {
		name := l.Name(src.Block)
		if !e.drops(name) || kept != wire.Other && wire.EqualFold(name, kept.String()) {
			dst.Add(name, l.Value(src.Block))
		}
	}
	for i := range e.set {
		if kept == wire.Other || !strings.EqualFold(e.set[i].Name, kept.String()) {
			dst.AddString(e.set[i].Name, e.set[i].Value)
		}
	}
}
