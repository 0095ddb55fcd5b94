package fetch

import (
	"slices"

	"brink/edge/message"
	"brink/edge/semantics"
	"brink/edge/site"
	"brink/edge/wire"
	"brink/purge"
	"brink/store"
)

// renew ends the fetch with the stored response that a 304 validated, its
// fields updated. It reports false if the 304 does not validate that one. It closes the
// 304 otherwise.
func (f *fetch) renew(a answer) bool {
	old := f.Validates
	response := semantics.Response{Status: a.response.Status, Fields: &a.response.Fields, Length: a.response.Length}
	if semantics.Validated(&response, []*store.Object{old}) == nil {
		return false
	}
	times := semantics.Times{Asked: a.asked, Answered: f.Now()}
	o := f.Merge(old, f.Stamp, &response, f.Rule, times, f.Request)
	why := semantics.MergedReason(f.Request, o, &response, &f.Rule.Semantics, times)
	if why.Stored() && semantics.SearchChanged(old, o) {
		var fields wire.Fields
		semantics.FieldsOf(&o.Head, &fields)
		if !f.learnSearch(&fields) {
			why.Reason = message.ReasonVaryMiss
		}
	}
	f.keepCookies(&a.response.Fields)
	f.drop()
	f.result.Object = o
	switch {
	case !why.Stored():
		f.refuse(why)
		f.hand(Renewed, nil)
		f.tellRefusal(why)
	case Rekeyed(old, o):
		f.rekey(o)
	case f.fill == nil:
		f.noteStored(o.Key)
		f.deleteOlder()
		f.result.Stored = true
		f.Store.Replace(old, o)
		f.hand(Renewed, nil)
	default:
		f.resolve(o)
	}
	return true
}

// resolve stores o and gives it to all who wait.
func (f *fetch) resolve(o *store.Object) {
	f.noteStored(o.Key)
	f.deleteOlder()
	f.result.Stored = true
	f.hand(Renewed, nil)
	f.fill.Resolve(o)
}

// Rekeyed reports whether a 304 or a HEAD made o vary by other request fields
// than old did, so that it does not stand under old's key.
func Rekeyed(old, o *store.Object) bool { return !slices.Equal(old.Selector, o.Selector) }

// rekey ends the fetch with a renewed response that varies by other request fields
// than before: it is stored as the variant that it is now. The old response keeps
// its key, like a response without Vary beside variants: it is older, and stale.
func (f *fetch) rekey(o *store.Object) {
	f.setKey(o)
	f.openFill(o)
	// This order lets nobody find a variant that is not there: until the fill ends,
	// requests join it, under the old key.
	f.index(o)
	f.Store.Unmark(markApart, o.Key)
	f.resolve(o)
}

// Merge renews a stored response with the fields of a 304 or of a HEAD's 200,
// the response to request, and stamps it. The tags are those that the origin names
// now, and also those before if a purge of these came since: it was of this body.
func (s *Fetcher) Merge(old *store.Object, stamp purge.Seq, resp *semantics.Response, r *site.Rule, t semantics.Times, request *message.Request) *store.Object {
	o := semantics.Merge(old, resp, int64(t.Answered/store.Second), r.SharedHead)
	o.Lifetime = semantics.MergedLifetime(o, resp, semantics.IdentifiesUser(request, &r.Semantics), &r.Semantics, t)
	o.Admission = r.Disk
	var merged wire.Fields
	semantics.FieldsOf(&o.Head, &merged)
	o.Stamp, o.Tags = stamp, semantics.Tags(s.Purges.Names(), &request.URL, &merged)
	if s.Store.VerdictSince(old, stamp) != purge.Untouched {
		o.Tags = semantics.UniteTags(o.Tags, old.Tags)
	}
	o.SetLocation(old.Location()) // it has old's body
	return o
}
