package message

import (
	"bytes"
	"net/netip"
	"unsafe"

	"brink/edge/wire"
)

// element is one element of a list about a request's way.
type element struct {
	node        netip.Addr // who asked; invalid: it does not say
	proto, host []byte     // the scheme and host asked for; nil: it does not say
}

// parseElement reads an element of a field: an address, or for Forwarded a
// forwarded-element (RFC 7239 section 4). A malformed one gives a zero element.
func parseElement(item []byte, id wire.Name) element {
	if id == wire.Forwarded {
		return parseForwarded(item)
	}
	return element{node: parseNode(item)}
}

// parseForwarded reads forwarded-element. It accepts blanks around the semicolons:
// the grammar has none, but some proxies send them.
func parseForwarded(b []byte) (e element) {
	var seen [3]bool // for, proto, host: none may be there twice
	for len(b) > 0 {
		name, value, rest, ok := cutPair(b)
		if !ok {
			return element{}
		}
		b = rest
		i := -1
		switch {
		case wire.EqualFold(name, "for"):
			i, e.node = 0, parseNode(value)
		case wire.EqualFold(name, "proto"):
			i, e.proto = 1, value
		case wire.EqualFold(name, "host"):
			i, e.host = 2, value
		}
		if i >= 0 {
			if seen[i] {
				return element{}
			}
			seen[i] = true
		}
	}
	return e
}

// cutPair cuts [ token "=" ( token / quoted-string ) ] and the semicolon after
// it off b. No value that means anything here needs a backslash, so that a
// quoted string with one is malformed.
func cutPair(b []byte) (name, value, rest []byte, ok bool) {
	b = wire.Trim(b)
	if len(b) == 0 || b[0] == ';' {
		return nil, nil, b[min(1, len(b)):], true
	}
	name, b, ok = bytes.Cut(b, []byte{'='})
	if !ok || !wire.IsToken(name) {
		return nil, nil, nil, false
	}
	if len(b) > 0 && b[0] == '"' {
		value, b, ok = bytes.Cut(b[1:], []byte{'"'})
		rest = wire.Trim(b)
		if !ok || bytes.IndexByte(value, '\\') >= 0 || len(rest) > 0 && rest[0] != ';' {
			return nil, nil, nil, false
		}
		return name, value, rest[min(1, len(rest)):], true
	}
	value, rest, _ = bytes.Cut(b, []byte{';'})
	value = bytes.TrimRight(value, " \t")
	return name, value, rest, wire.IsToken(value)
}

// parseNode reads the address of a node: IPv4 or IPv6, the latter also in
// brackets, with or without a port. It is invalid for what is none: "unknown",
// an obfuscated name, a unix socket, an address with a zone.
func parseNode(b []byte) netip.Addr {
	bracketed := len(b) > 0 && b[0] == '['
	var port []byte
	switch {
	case bracketed:
		end := bytes.IndexByte(b, ']')
		if end < 0 {
			return netip.Addr{}
		}
		b, port = b[1:end], b[end+1:]
	case bytes.Count(b, []byte{':'}) == 1:
		colon := bytes.IndexByte(b, ':')
		b, port = b[:colon], b[colon:]
	}
	if bytes.IndexByte(b, '%') >= 0 || !validNodePort(port) {
		return netip.Addr{}
	}
	// The address has no part of the string, and the error is not looked at.
	a, err := netip.ParseAddr(unsafe.String(unsafe.SliceData(b), len(b)))
	if err != nil || bracketed && !a.Is6() {
		return netip.Addr{}
	}
	return a.Unmap()
}

// validNodePort accepts nothing, or ":" and node-port: up to five digits, or an
// obfuscated port, which begins with "_" (RFC 7239 section 6.3).
func validNodePort(b []byte) bool {
	if len(b) == 0 {
		return true
	}
	if b[0] != ':' || len(b) == 1 {
		return false
	}
	if b = b[1:]; b[0] == '_' {
		return len(b) > 1 && wire.IsToken(b)
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(b) <= 5
}
