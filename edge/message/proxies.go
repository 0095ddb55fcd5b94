package message

import (
	"net/netip"
	"slices"

	"brink/edge/wire"
)

// Proxies are the networks of the trusted proxies. The node believes them who the
// client is, and which scheme and host it asked for.
type Proxies []netip.Prefix

// Trusts reports whether a is the address of such a proxy.
func (p Proxies) Trusts(a netip.Addr) bool {
	a = plain(a)
	for i := range p {
		if p[i].Contains(a) {
			return true
		}
	}
	return false
}

// Way is how a request came to the node by way of trusted proxies. The zero
// value: there were none, or they did not say for whom they ask.
type Way struct {
	Client  netip.Addr   // who asked the first of Proxies; invalid: not known
	Proxies []netip.Addr // in the order of the way: the last one is the connection's peer

	Trusted   bool // the connection's peer is a trusted proxy
	NamesHost bool // the proxies say which host was asked for; also without an address
}

// maxProxies is how many trusted proxies a way may have. Behind more of them the
// client is unknown.
const maxProxies = 100

// Client returns the client's address for the log, purges and the origin: the
// right-most address of the way that is not a trusted proxy's, or the first one if
// all are. It is invalid if the client is unknown.
func (r *Request) Client() netip.Addr {
	if len(r.Way.Proxies) == 0 {
		return plain(r.Peer.Addr())
	}
	return r.Way.Client
}

// Believe sets the way of a request whose peer is trusted, from its fields, in
// the memory of r.Way.Proxies. It takes the scheme and the host that the
// request has by itself, and returns those that its URL is to be parsed with.
//
// Believe reads the addresses from the first field that is present: X-Forwarded-For,
// X-Real-IP, then Forwarded. It ignores the other two: a proxy that writes one of them passes
// on what clients write in the others. The peer wrote the right-most element. If the address
// in an element is a trusted proxy, that proxy wrote the element to its left. Elements
// further left may be the client's. Believe does not allocate
// for well-formed fields.
func (p Proxies) Believe(r *Request, scheme string, host []byte) (string, []byte) {
	f := &r.Fields
	var said element
	depth := 0
	for _, id := range [...]wire.Name{wire.XForwardedFor, wire.XRealIP, wire.Forwarded} {
		if f.Has(id) {
			said, depth = p.trace(r, id)
			break
		}
	}
	proto := said.proto
	if f.Has(wire.XForwardedProto) {
		proto = itemAt(f, wire.XForwardedProto, depth)
	}
	if f.Has(wire.XForwardedHost) {
		said.host = itemAt(f, wire.XForwardedHost, depth)
	}
	r.Way.Trusted = true
	if len(said.host) > 0 {
		host, r.Way.NamesHost = said.host, true
	}
	return schemeOf(proto, scheme), host
}

// trace follows the way back through the list in the fields called id. It
// returns the client's element, and how many follow it.
func (p Proxies) trace(r *Request, id wire.Name) (said element, depth int) {
	way := append(r.Way.Proxies[:0], plain(r.Peer.Addr()))
	l := backward{fields: &r.Fields, id: id, line: len(r.Fields.List)}
	item, ok := l.next()
	if !ok {
		return said, 0 // an empty list says nothing
	}
	for ; ok; item, ok = l.next() {
		said = parseElement(item, id)
		if !p.Trusts(said.node) {
			break
		}
		if len(way) == maxProxies {
			said.node = netip.Addr{}
			break
		}
		way = append(way, said.node)
	}
	if !ok { // all are proxies: the first one asks for itself
		way = way[:len(way)-1]
	}
	slices.Reverse(way)
	r.Way = Way{Client: said.node, Proxies: way}
	return said, len(way) - 1
}

// itemAt returns the element of a list that depth others follow, or the first one
// if the list is shorter: some proxies append to X-Forwarded-For, but pass the
// scheme and host of a proxy nearer to the client on unchanged.
func itemAt(f *wire.Fields, id wire.Name, depth int) (item []byte) {
	l := backward{fields: f, id: id, line: len(f.List)}
	for range depth + 1 {
		next, ok := l.next()
		if !ok {
			break
		}
		item = next
	}
	return item
}

// schemeOf returns the scheme that a proxy names. It returns otherwise if the proxy
// names none, or an unknown one. Some proxies name ws and wss.
func schemeOf(proto []byte, otherwise string) string {
	switch {
	case wire.EqualFold(proto, "https"), wire.EqualFold(proto, "wss"):
		return "https"
	case wire.EqualFold(proto, "http"), wire.EqualFold(proto, "ws"):
		return "http"
	}
	return otherwise
}

// backward walks over the elements of all lines of a field, from the last one to
// the first. So it reads the elements of proxies before those of a client: a quote
// that the client opens cannot swallow them.
type backward struct {
	fields *wire.Fields
	id     wire.Name
	line   int    // index in fields.List of the line that rest is of
	rest   []byte // what is left of the line
}

// next returns the next element, without the blanks around it. Empty ones are
// left out (RFC 9110 section 5.6.1.2).
func (l *backward) next() (item []byte, ok bool) {
	for {
		for len(l.rest) > 0 {
			if item, l.rest = cutLast(l.rest); len(item) > 0 {
				return item, true
			}
		}
		l.line--
		if l.line < 0 {
			return nil, false
		}
		if x := &l.fields.List[l.line]; x.ID == l.id {
			l.rest = x.Value
		}
	}
}

// cutLast cuts the last element off a list.
func cutLast(b []byte) (item, rest []byte) {
	quoted := false
	i := len(b) - 1
	for ; i >= 0; i-- {
		if b[i] == '"' {
			quoted = !quoted
		}
		if b[i] == ',' && !quoted {
			break
		}
	}
	return wire.Trim(b[i+1:]), b[:max(i, 0)]
}

// plain returns a without its zone, and an IPv4 address in IPv6 form as IPv4.
func plain(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }
