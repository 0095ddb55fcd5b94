package semantics

import (
	"brink/edge/message"
	"brink/edge/wire"
	"brink/store"
)

// Answer says what to send of a stored response.
type Answer struct {
	// Status is 200, 206, 304 or 416 for a stored 200, and the stored status
	// for any other. 0: the stored part does not answer the request, which
	// must be fetched (ReasonPartial).
	Status int
	// Spans are the parts to send with 206, as offsets into the
	// representation (see Span.In), in memory of the spans given to Evaluate.
	// More than one makes a multipart body.
	Spans  []Span
	Reason message.Reason // why 0 or 416
}

// Evaluate decides how o answers r: it applies the preconditions and the range
// that r asks for, in the order of RFC 9110 section 13.2.2. They only count for
// a GET or HEAD, and for a stored 200 or part of one. Malformed ones are
// ignored. So are If-Match and If-Unmodified-Since: Admit passes requests with
// these to the origin. It does not allocate if spans has room for 16.
func Evaluate(r *message.Request, o *store.Object, spans []Span) Answer {
	if o.Partial == nil && (o.Head.Status != 200 || !conditional(&r.Fields)) {
		return Answer{Status: o.Head.Status}
	}
	if r.Method != message.GET && r.Method != message.HEAD {
		return whole(o)
	}
	switch {
	case notModified(&r.Fields, &o.Head):
		return Answer{Status: 304}
	case r.Method == message.GET && r.Fields.Has(wire.Range):
		return evaluateRange(&r.Fields, o, spans)
	}
	return whole(o)
}

// conditional reports whether a request asks for more than the whole response.
func conditional(f *wire.Fields) bool {
	return f.Has(wire.Range) || HasPreconditions(f)
}

// HasPreconditions reports whether a request has one that Evaluate applies.
func HasPreconditions(f *wire.Fields) bool {
	return f.Has(wire.IfNoneMatch) || f.Has(wire.IfModifiedSince)
}

// whole answers with all of o, if o has all.
func whole(o *store.Object) Answer {
	if o.Partial != nil {
		return Answer{Reason: message.ReasonPartial}
	}
	return Answer{Status: o.Head.Status}
}

// notModified evaluates If-None-Match or, without one, If-Modified-Since
// (RFC 9110 sections 13.1.2 and 13.1.3). A response without Last-Modified
// counts as modified at its Date (RFC 9111 section 4.3.2).
func notModified(f *wire.Fields, h *wire.Head) bool {
	if f.Has(wire.IfNoneMatch) {
		return noneMatchLists(f, h.Get(wire.ETag))
	}
	since, ok := requestDate(f, wire.IfModifiedSince)
	if !ok {
		return false
	}
	changed := h.Get(wire.LastModified)
	if changed == nil {
		changed = h.Get(wire.Date)
	}
	modified, known := parseDate(changed)
	return known && modified <= since
}

// evaluateRange answers a GET with a Range field, which is ignored where
// If-Range does not hold.
func evaluateRange(f *wire.Fields, o *store.Object, spans []Span) Answer {
	v, ok := only(f, wire.Range)
	if !ok || !rangeHolds(f, &o.Head) {
		return whole(o)
	}
	size := o.Length
	if o.Partial != nil {
		size = o.Partial.Whole
	}
	spans, result := parseRange(v, size, spans)
	switch result {
	case RangeNone:
		return whole(o)
	case RangeUnsatisfiable:
		return Answer{Status: 416, Reason: message.ReasonUnsatisfiable}
	}
	for _, s := range spans {
		if s = s.In(o); s.First < 0 || s.end() > o.Length {
			return Answer{Reason: message.ReasonPartial}
		}
	}
	return Answer{Status: 206, Spans: spans}
}

// rangeHolds evaluates If-Range (RFC 9110 section 13.1.5): an entity tag that
// matches strongly, or exactly the Last-Modified date where that is a strong
// validator, at least a second older than Date (section 8.8.2.2).
func rangeHolds(f *wire.Fields, h *wire.Head) bool {
	if !f.Has(wire.IfRange) {
		return true
	}
	v, ok := only(f, wire.IfRange)
	if !ok {
		return false
	}
	if asked, isDate := parseDate(v); isDate {
		modified, known := parseDate(h.Get(wire.LastModified))
		date, dated := parseDate(h.Get(wire.Date))
		return known && dated && asked == modified && date > modified
	}
	return StrongMatch(v, h.Get(wire.ETag))
}

// requestDate reads a field that holds one date; another number of lines or
// another form is as none.
func requestDate(f *wire.Fields, id wire.Name) (unix int64, ok bool) {
	v, ok := only(f, id)
	if !ok {
		return 0, false
	}
	return parseDate(v)
}

// only returns the value of the field called id if there is exactly one line
// of it.
func only(f *wire.Fields, id wire.Name) ([]byte, bool) {
	i := f.First(id)
	if i < 0 || f.Next(i) >= 0 {
		return nil, false
	}
	return f.List[i].Value, true
}
