package store

import (
	"slices"

	"brink/purge"
)

// maxSelectors bounds how many different sets of fields a URL may vary by: each
// costs a lookup.
const maxSelectors = 8

// Index adds a variant to the index of a URL, which is the object stored under
// the URL's own key, and makes the index if there is none; the tier below takes
// the index if it takes the variant. The variant becomes the newest; beyond the limit the oldest is dropped, from the store too. It
// reports whether the index holds the variant.
//
// A response without Vary that is stored under the URL's key is not wiped: it
// becomes Plain, the variant of the empty selector. In the same way a response
// that is stored there later becomes Plain and does not wipe the index. A
// variant indexed with the empty selector takes the place of Plain.
//
// The index is stamped anew each time, because purges are checked for each
// variant; one that a hard purge covers is begun from nothing.
func (s *Store) Index(primary Key, text string, variant *Object) bool {
	added, dropped := s.index(primary, text, variant)
	for _, k := range dropped {
		s.Delete(k)
	}
	return added
}

func (s *Store) index(primary Key, text string, variant *Object) (added bool, dropped []Key) {
	added = s.amend(primary, text, variant.Admission, func(v *Variants) bool {
		if v.leads(variant.Selector, variant.Key) {
			return false
		}
		dropped = v.add(variant.Selector, variant.Key, s.maxVariants)
		return true
	})
	return added, dropped
}

// IndexLanguage notes in the index of a URL that one of its variants is the
// response in the language of a tag in lower case. There must be an index.
func (s *Store) IndexLanguage(primary Key, text, tag string, variant *Object) {
	l := Language{Tag: tag, Key: variant.Key, Text: variant.Text}
	s.amend(primary, text, variant.Admission, func(v *Variants) bool {
		if slices.Contains(v.Languages, l) {
			return false
		}
		v.Languages = slices.DeleteFunc(v.Languages, func(old Language) bool { return old.Tag == l.Tag })
		v.Languages = slices.Insert(v.Languages, 0, l)
		v.Languages = v.Languages[:min(len(v.Languages), s.maxVariants)]
		return true
	})
}

// amend replaces the index of a URL by one that change has made of a copy; if
// change says no, the old one stays. It reports whether the change is in
// force.
func (s *Store) amend(primary Key, text string, a Admission, change func(v *Variants) bool) bool {
	sh := s.shard(primary)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	var old *Object
	if sl := s.slotLocked(sh, primary.Hi); sl != nil {
		if o := sl.object.Load(); o != nil && o.Key == primary && o.Text == text && s.Verdict(o) != purge.Hard {
			old = o
		}
	}
	v := variantsOf(old)
	if !change(v) && old != nil && old.Variants != nil {
		return true
	}
	o := &Object{Key: primary, Primary: primary, Text: text, Variants: v, Stamp: s.purges.Latest(), Admission: a}
	return s.publishLocked(sh, o, 0)
}

// variantsOf returns a copy of the index o. If o is a response, it returns an index
// that has only o. For nil it returns an empty index.
func variantsOf(o *Object) *Variants {
	switch {
	case o == nil:
		return &Variants{}
	case o.Variants == nil:
		return &Variants{Selectors: []Selector{{}}, Plain: o}
	}
	return &Variants{Selectors: slices.Clone(o.Variants.Selectors), Keys: slices.Clone(o.Variants.Keys), Languages: slices.Clone(o.Variants.Languages), Plain: o.Variants.Plain}
}

// leads reports whether the variant is already the newest.
func (v *Variants) leads(sel Selector, variant Key) bool {
	return len(v.Keys) > 0 && v.Keys[0] == variant && len(v.Selectors) > 0 && slices.Equal(v.Selectors[0], sel)
}

// add puts a variant first, and returns the keys beyond the limit, which it removes.
func (v *Variants) add(sel Selector, variant Key, limit int) (dropped []Key) {
	if len(sel) == 0 {
		v.Plain = nil
	}
	v.addSelector(sel)
	v.Keys = slices.DeleteFunc(v.Keys, func(k Key) bool { return k == variant })
	v.Keys = slices.Insert(v.Keys, 0, variant)
	if len(v.Keys) > limit {
		dropped = slices.Clone(v.Keys[limit:])
		v.Keys = v.Keys[:limit]
	}
	return dropped
}

// addSelector puts a selector first.
func (v *Variants) addSelector(sel Selector) {
	v.Selectors = slices.DeleteFunc(v.Selectors, func(s Selector) bool { return slices.Equal(s, sel) })
	v.Selectors = slices.Insert(v.Selectors, 0, slices.Clone(sel))
	if len(v.Selectors) > maxSelectors {
		v.Selectors = v.Selectors[:maxSelectors]
	}
}

// besideVariants returns the object to store in place of stored: o itself, or, if
// stored is the index of the same URL and o a response, a new index with o in it.
func (s *Store) besideVariants(stored, o *Object) *Object {
	if stored == nil || stored.Variants == nil || o.Variants != nil || stored.Key != o.Key || stored.Text != o.Text {
		return o
	}
	if s.Verdict(stored) == purge.Hard {
		return o
	}
	v := variantsOf(stored)
	v.addSelector(Selector{})
	v.Plain = o
	return &Object{Key: o.Key, Primary: o.Primary, Text: o.Text, Variants: v, Stamp: s.purges.Latest(), Admission: o.Admission}
}
