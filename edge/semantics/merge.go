package semantics

import (
	"bytes"

	"brink/edge/message"
	"brink/edge/wire"
	"brink/store"
)

// Merge returns o as updated by a 304, or by a 200 to HEAD, that confirms it
// (RFC 9111 sections 4.3.4 and 4.3.5): a new object that shares o's body. The
// fields of resp replace those of o, but for the ones that describe the stored
// body. at, in Unix seconds, is the Date of a response without one. opt says which
// fields for caches clients get, those of o too.
//
// Set-Cookie is for the client that asked. It is left out of the object unless
// the rule stores cookies.
//
// The lifetime is still o's: the caller sets it to MergedLifetime. Before it
// keeps the object it asks MergedReason. It also sets the stamp, and the tags from
// the new head. If the new object has another selector than o, it needs another key,
// which the caller sets.
func Merge(o *store.Object, resp *Response, at int64, opt HeadOptions) *store.Object {
	var all, stored, update wire.Fields
	FieldsOf(&o.Head, &all)
	for _, x := range all.List {
		if !opt.Shared || x.ID != wire.SetCookie {
			stored.Append(x.Name, x.Value)
		}
	}
	options := resp.Fields.Options()
	for i := range resp.Fields.List {
		x := &resp.Fields.List[i]
		if storedField(&options, x) && !aboutBody(x) && (!opt.Shared || x.ID != wire.SetCookie) {
			update.Append(x.Name, x.Value)
		}
	}
	if !update.Has(wire.Date) {
		update.AppendID(wire.Date, AppendDate(nil, at))
	}
	m := withBodyOf(o)
	m.Head.Begin(o.Head.Status)
	mergeFields(&m.Head, &stored, &update, &opt)
	m.Selector = mergedSelector(m)
	return m
}

// mergedSelector says by which request fields a merged object varies. One that
// must not be kept, as MergedReason says, varies as before.
//
// As Access-Control-Allow-Origin counts as a Vary on Origin (see selects), a 304 to
// one origin never changes the field for another.
func mergedSelector(m *store.Object) store.Selector {
	var f wire.Fields
	FieldsOf(&m.Head, &f)
	sel, reason := selects(&f)
	if reason != message.ReasonNone {
		return m.Selector
	}
	return sel
}

// MergedLifetime is the lifetime of a merged object: that of its fields, with
// the age that the 304 or HEAD response came with. t is about that response.
func MergedLifetime(m *store.Object, resp *Response, known bool, rules *Rules, t Times) store.Lifetime {
	return lifetimeOf(mergedResponse(m, resp), known, rules, t)
}

// MergedReason names why a merged object may not be kept, although it answers
// r, the request that was sent; no refusal if it may. All checks of Store are made
// again: the update may have brought no-store, private or Set-Cookie, or may
// reflect a field that the key does not know. m may also have tags from before.
// The stored fields cannot vouch for an update that was made for one user: the
// update itself must say that it is for everybody.
func MergedReason(r *message.Request, m *store.Object, resp *Response, rules *Rules, t Times) Refusal {
	merged := mergedResponse(m, resp)
	if p := policyOf(merged.Fields); resp.Fields.Has(wire.SetCookie) && !rules.StoreSetCookie && (!forEverybody(merged, &p) || ruledCookie(resp.Fields, rules)) {
		return Refusal{message.ReasonSetCookie, cookiesSet(resp.Fields)}
	}
	own := policyOf(resp.Fields)
	if r.Method == message.HEAD { // what a HEAD updates is the answer to GET
		get := *r
		get.Method = message.GET
		r = &get
		if why := privacyForbids(r, resp, m.Selector, &own, rules); !why.Stored() {
			return why
		}
	}
	_, _, why := Store(r, merged, rules, t)
	if why.Stored() && len(m.Tags) > maxTags {
		return because(message.ReasonTooManyTags)
	}
	return why
}

// SearchChanged reports whether m, which is o after an update, has another No-Vary-Search
// than o. Then m does not belong under o's key.
func SearchChanged(o, m *store.Object) bool {
	if o.Head.Get(wire.NoVarySearch) == nil && m.Head.Get(wire.NoVarySearch) == nil {
		return false
	}
	var before, after wire.Fields
	FieldsOf(&o.Head, &before)
	FieldsOf(&m.Head, &after)
	return !ParseSearchPolicy(&before).Equal(ParseSearchPolicy(&after))
}

// mergedResponse is m as if an origin had sent it whole, at the age of resp.
func mergedResponse(m *store.Object, resp *Response) *Response {
	f := new(wire.Fields)
	FieldsOf(&m.Head, f)
	for i := resp.Fields.First(wire.Age); i >= 0; i = resp.Fields.Next(i) {
		f.AppendID(wire.Age, resp.Fields.List[i].Value)
	}
	return &Response{Status: m.Head.Status, Fields: f, Length: m.Length}
}

// HeadMatches says what a response to HEAD means for a stored response to GET
// (RFC 9111 section 4.3.5): a 200 updates it where the validators and the
// length that it names are those of the stored one, and shows that the stored
// one is out of date where they are not. Without a validator nobody knows: the
// content may be another of the same length.
func HeadMatches(o *store.Object, resp *Response) (updates, invalidates bool) {
	if resp.Status != 200 || o.Head.Status != 200 && o.Partial == nil {
		return false, false
	}
	length := o.Length
	if o.Partial != nil {
		length = o.Partial.Whole
	}
	tag, modified := resp.Fields.Get(wire.ETag), resp.Fields.Get(wire.LastModified)
	same := (resp.Length < 0 || resp.Length == length) &&
		sameValidator(tag, o.Head.Get(wire.ETag)) && sameValidator(modified, o.Head.Get(wire.LastModified))
	return same && (tag != nil || modified != nil), !same
}

// sameValidator reports whether a received validator, if there is one, is the
// stored one. Dates in different forms are the same.
func sameValidator(received, stored []byte) bool {
	if received == nil || bytes.Equal(received, stored) {
		return true
	}
	a, okA := parseDate(received)
	b, okB := parseDate(stored)
	return okA && okB && a == b
}

// aboutBody reports whether x describes the stored body, or the way it came,
// and so is not updated without it (RFC 9111 section 3.2).
func aboutBody(x *wire.Field) bool {
	switch x.ID {
	case wire.ContentEncoding, wire.ContentRange, wire.ETag, wire.Via:
		return true
	}
	return wire.EqualFold(x.Name, "Content-MD5")
}

// mergeFields adds to h the stored fields, each name that is in update replaced
// by its lines there, and then the rest of update.
func mergeFields(h *wire.Head, stored, update *wire.Fields, opt *HeadOptions) {
	updates := linesByName(update)
	for i := range stored.List {
		x := &stored.List[i]
		name := lowerName(x)
		lines, updated := updates[name]
		if !updated {
			placeField(h, x, opt)
			continue
		}
		for _, j := range lines {
			placeField(h, &update.List[j], opt)
		}
		updates[name] = nil // they are placed
	}
	for i := range update.List {
		if x := &update.List[i]; len(updates[lowerName(x)]) > 0 {
			placeField(h, x, opt)
		}
	}
}

// linesByName returns the indexes of the lines of each name.
func linesByName(f *wire.Fields) map[string][]int {
	lines := make(map[string][]int, len(f.List))
	for i := range f.List {
		name := lowerName(&f.List[i])
		lines[name] = append(lines[name], i)
	}
	return lines
}

func lowerName(x *wire.Field) string { return string(bytes.ToLower(x.Name)) }

// withBodyOf returns a copy of o without its head.
func withBodyOf(o *store.Object) *store.Object {
	c := o.Clone()
	c.Head = wire.Head{}
	return c
}
