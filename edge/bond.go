package edge

import (
	"bytes"
	"net/netip"

	"brink/edge/wire"
	"brink/origin"
)

// bond ties a client's connection to one to the origin on which NTLM or
// Negotiate was spoken. These authenticate the connection (RFC 4559 section 6):
// all requests of the client go over it, past the cache, as the origin may
// answer each of them for one user without a sign of it. Fresh stored responses
// are still served: they are for everybody.
//
// The client's connection holds at most one bond, so that clients cannot take
// more connections to origins than they have themselves. It ends with it. It also
// ends when a trusted proxy sends the request of another client over the connection,
// or of one that it does not name.
type bond struct {
	pin    *origin.Pin
	origin *origin.Origin
	host   []byte     // the host that the origin is asked for
	client netip.Addr // who authenticated; always known
}

// Close ends the connection to the origin (io.Closer).
func (b *bond) Close() error {
	b.pin.Close()
	return nil
}

// bonded returns the bond of the client's connection to the origin and host of the
// request, nil if there is none. It ends a bond of another client.
func bonded(x *exchange) *origin.Pin {
	b, ok := x.Client.Held().(*bond)
	if ok && b.client != x.Request.Client() {
		x.Client.Hold(nil)
		return nil
	}
	if !ok || b.origin != x.site.Origin || !bytes.Equal(b.host, x.rule.HostOf(&x.Request)) {
		return nil
	}
	return b.pin
}

// tie makes a bond. It returns nil if the client's connection can have none, or the
// client is not known: the connection to the origin then ends with the exchange.
func tie(x *exchange) *origin.Pin {
	client := x.Request.Client()
	if !client.IsValid() {
		return nil
	}
	b := &bond{pin: x.site.Origin.NewPin(), origin: x.site.Origin, host: bytes.Clone(x.rule.HostOf(&x.Request)), client: client}
	if !x.Client.Hold(b) {
		return nil
	}
	return b.pin
}

// pinOf returns the pin for a request that is passed with these fields; nil if
// it needs none.
func pinOf(x *exchange, fields *wire.Fields) *origin.Pin {
	if pin := bonded(x); pin != nil || !wire.ConnectionAuth(fields, wire.Authorization) {
		return pin
	}
	return tie(x)
}

// bindTo ties the client's connection to the connection of a response that asks for
// NTLM or Negotiate.
func bindTo(x *exchange, resp *origin.Response) {
	if !resp.Private() || bonded(x) != nil {
		return
	}
	if pin := tie(x); pin != nil {
		resp.Pin(pin)
	}
}
