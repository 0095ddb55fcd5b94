package semantics

import (
	"brink/edge/wire"
)

// HeadOptions is what the node puts into the heads it renders.
type HeadOptions struct {
	Via          string   // the node's name for a Via line of its own; empty: none
	ShowTags     bool     // clients get the fields with tags, too
	ShowTargeted Targeted // which targeted fields clients get, too
	Shared       bool     // the head is for everybody: Set-Cookie is left out
}

// RenderHead renders a response from an origin into h, whose memory it reuses.
// Order, case and the number of lines are kept. Left out are the fields of one
// hop and those that Connection names (RFC 9111 section 3.1), the framing,
// Age, and what is not valid in HTTP/1; fields for caches only are hidden. at,
// in Unix seconds, is the Date of a response without one (RFC 9110 section
// 6.6.1).
func RenderHead(h *wire.Head, status int, f *wire.Fields, at int64, opt HeadOptions) {
	begin(h, status, f, &opt)
	options := f.Options()
	for i := range f.List {
		x := &f.List[i]
		if storedField(&options, x) && !(opt.Shared && x.ID == wire.SetCookie) {
			placeField(h, x, &opt)
		}
	}
	if !f.Has(wire.Date) {
		var date [len("Mon, 02 Jan 2006 15:04:05 GMT")]byte
		h.AddID(wire.Date, AppendDate(date[:0], at))
	}
	if opt.Via != "" {
		var via [64]byte
		h.AddID(wire.Via, append(append(via[:0], "1.1 "...), opt.Via...))
	}
}

// FieldsOf makes dst the fields of h, the hidden ones last. They alias h.
func FieldsOf(h *wire.Head, dst *wire.Fields) {
	dst.Reset()
	dst.Grow(len(h.Lines) + len(h.HiddenLines))
	for _, l := range h.Lines {
		dst.AppendField(wire.Field{Name: l.Name(h.Block), Value: l.Value(h.Block), ID: l.ID})
	}
	for _, l := range h.HiddenLines {
		dst.AppendField(wire.Field{Name: l.Name(h.Hidden), Value: l.Value(h.Hidden), ID: l.ID})
	}
}

// begin begins a head with room for f, Date and Via.
func begin(h *wire.Head, status int, f *wire.Fields, opt *HeadOptions) {
	n := len("Date: Mon, 02 Jan 2006 15:04:05 GMT\r\n")
	if opt.Via != "" {
		n += len("Via: 1.1 \r\n") + len(opt.Via)
	}
	h.BeginFor(status, f, 2, n)
}

// storedField reports whether a field of a message with these options belongs into
// a rendered head.
func storedField(o *wire.Options, x *wire.Field) bool {
	switch x.ID {
	case wire.Age, wire.ContentLength:
		return false
	}
	return !hopByHop(x.ID) && !nominated(o, x) && validField(x)
}

// hopByHop reports whether a field is about one connection and never passes
// on, in either direction (RFC 9110 section 7.6.1).
func hopByHop(id wire.Name) bool {
	switch id {
	case wire.Connection, wire.KeepAlive, wire.ProxyConnection, wire.ProxyAuthenticate,
		wire.ProxyAuthenticationInfo, wire.ProxyAuthorization, wire.TE, wire.Trailer,
		wire.TransferEncoding, wire.Upgrade, wire.HTTP2Settings:
		return true
	}
	return false
}

// nominated reports whether a message's options name x as a field of one hop.
// Fields that say what a message means, who sends it and how it may be cached
// cannot be removed in this way.
func nominated(o *wire.Options, x *wire.Field) bool { return !endToEnd(x.ID) && o.Lists(x.Name) }

// endToEnd reports whether a field cannot be declared one of a single hop.
func endToEnd(id wire.Name) bool {
	switch id {
	case wire.Host, wire.Authorization, wire.Cookie, wire.CacheControl, wire.Pragma, wire.CDNLoop,
		wire.Via, wire.Vary, wire.ContentEncoding, wire.ContentRange, wire.ContentType, wire.Date,
		wire.ETag, wire.LastModified, wire.SetCookie, wire.CDNCacheControl, wire.SurrogateControl,
		wire.BrinkCacheControl:
		return true
	}
	return false
}

// validField reports whether x can be written as a line of HTTP/1. Responses
// over HTTP/1 have been checked by their parser, others may not have been.
func validField(x *wire.Field) bool { return wire.IsToken(x.Name) && wire.ValidValue(x.Value) }
