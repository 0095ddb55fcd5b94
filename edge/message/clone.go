package message

import "slices"

// Clone copies r into memory of its own, for a fetch that outlives the
// request. The copy has no body and no connection behind it.
func (r *Request) Clone() *Request {
	n := len(r.Verb) + len(r.URL.Host) + len(r.URL.Target) + len(r.Upgrade)
	for i := range r.Fields.List {
		n += len(r.Fields.List[i].Name) + len(r.Fields.List[i].Value)
	}
	arena := make([]byte, 0, n)
	keep := func(b []byte) []byte {
		if b == nil {
			return nil
		}
		start := len(arena)
		arena = append(arena, b...)
		return arena[start:len(arena):len(arena)]
	}
	c := &Request{Method: r.Method, Protocol: r.Protocol, Peer: r.Peer, Transport: r.Transport, Early: r.Early}
	c.Way = Way{Client: r.Way.Client, Proxies: slices.Clone(r.Way.Proxies), Trusted: r.Way.Trusted}
	c.Verb = keep(r.Verb)
	c.Upgrade = keep(r.Upgrade)
	c.URL = r.URL
	c.URL.Host = keep(r.URL.Host)
	c.URL.Name = c.URL.Host[:len(r.URL.Name):len(r.URL.Name)]
	c.URL.Target = keep(r.URL.Target)
	c.URL.Path = c.URL.Target[:len(r.URL.Path):len(r.URL.Path)]
	if r.URL.Query != nil {
		c.URL.Query = c.URL.Target[len(r.URL.Path)+1:]
	}
	c.Fields.Grow(len(r.Fields.List))
	for i := range r.Fields.List {
		f := &r.Fields.List[i]
		c.Fields.Append(keep(f.Name), keep(f.Value))
	}
	return c
}
