package semantics

import (
	"slices"

	"brink/edge/wire"
)

// Targeted is a set of targeted fields: those that replace Cache-Control for the
// caches of a CDN (RFC 9213 and Surrogate-Control).
type Targeted uint8

// targetedFields gives each targeted field its place in a Targeted.
var targetedFields = [...]wire.Name{wire.CDNCacheControl, wire.SurrogateControl, wire.BrinkCacheControl}

// TargetedOf returns the set of the fields called names, without regard to
// case. Other names are left out.
func TargetedOf(names []string) (set Targeted) {
	for _, name := range names {
		if i := slices.Index(targetedFields[:], wire.NameOf([]byte(name))); i >= 0 {
			set |= 1 << i
		}
	}
	return set
}

// has reports whether the field with this ID is in the set.
func (t Targeted) has(id wire.Name) bool {
	i := slices.Index(targetedFields[:], id)
	return i >= 0 && t&(1<<i) != 0
}

// placeField adds x to h, hidden if it is for caches and opt does not show it.
func placeField(h *wire.Head, x *wire.Field, opt *HeadOptions) {
	if forCaches(x.ID) && !opt.ShowTargeted.has(x.ID) || tagField(x.ID) && !opt.ShowTags {
		h.Hide(x)
	} else {
		h.AddField(x)
	}
}

// forCaches reports whether a response field is a targeted one.
func forCaches(id wire.Name) bool { return slices.Contains(targetedFields[:], id) }
