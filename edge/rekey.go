package edge

import (
	"slices"

	"brink/edge/semantics"
	"brink/store"
)

// rekeyed reports whether a 304 or a HEAD made o vary by other request fields
// than old did, so that it does not stand under old's key.
func rekeyed(old, o *store.Object) bool { return !slices.Equal(old.Selector, o.Selector) }

// rekey ends the fill with a renewed response that varies by other request fields
// than before: it is stored as the variant that it is now. The old response keeps
// its key, like a response without Vary beside variants: it is older, and stale.
func (f *fetch) rekey(o *store.Object) {
	f.place(o)
	if f.fill == nil {
		f.fill = f.node.store.BeginPrivate(o.Key, f.url, o.Text)
	}
	// This order lets nobody find a variant that is not there: until the fill ends,
	// requests join it, under the old key.
	f.index(o)
	f.storable()
	f.node.store.Unmark(markUnstorable, o.Key)
	f.fill.Resolve(o)
}

// index makes o known as a variant, if it is one.
func (f *fetch) index(o *store.Object) {
	if len(o.Selector) == 0 {
		return
	}
	f.node.store.Index(f.primary, string(f.text), o)
	if semantics.ByLanguage(o.Selector) {
		f.indexLanguage(o)
	}
}
