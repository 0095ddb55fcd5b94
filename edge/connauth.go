package edge

import (
	"bytes"
	"net/netip"

	"brink/edge/wire"
	"brink/origin"
)

// authConn is a connection to an origin on which a client authenticated with NTLM or
// Negotiate. These authenticate the connection, not the request (RFC 4559 section 6). So
// all requests of the client's connection go over it, past the cache: the origin may
// answer each of them for one user without a sign of it. Fresh stored responses are still
// served, as they are for everybody.
//
// A client's connection holds at most one authConn. So clients cannot take more
// connections to origins than they have themselves. It ends with the client's connection.
// It also ends when a trusted proxy sends a request of another client, or of one that it
// does not name, over that connection.
type authConn struct {
	pin    *origin.Pin
	origin *origin.Origin
	host   []byte     // the host that the origin is asked for
	client netip.Addr // who authenticated; always known
}

// Close ends the connection to the origin (io.Closer).
func (a *authConn) Close() error {
	a.pin.Close()
	return nil
}

// authPin returns the authenticated connection that the client has to the request's
// origin and host, nil if it has none. It ends that of another client.
func (x *exchange) authPin() *origin.Pin {
	a, ok := x.Client.Held().(*authConn)
	if ok && a.client != x.Request.Client() {
		x.Client.Hold(nil)
		return nil
	}
	if !ok || a.origin != x.site.Origin || !bytes.Equal(a.host, x.rule.HostOf(&x.Request)) {
		return nil
	}
	return a.pin
}

// newAuthPin makes the client's connection hold an authConn. It returns nil if it cannot
// hold one, or if the client is not known. The connection to the origin then ends with the
// exchange.
func (x *exchange) newAuthPin() *origin.Pin {
	client := x.Request.Client()
	if !client.IsValid() {
		return nil
	}
	a := &authConn{pin: x.site.Origin.NewPin(), origin: x.site.Origin, host: bytes.Clone(x.rule.HostOf(&x.Request)), client: client}
	if !x.Client.Hold(a) {
		return nil
	}
	return a.pin
}

// pinFor returns the connection for a request that is passed on with these fields, nil if
// any will do.
func (x *exchange) pinFor(fields *wire.Fields) *origin.Pin {
	if pin := x.authPin(); pin != nil || !wire.ConnectionAuth(fields, wire.Authorization) {
		return pin
	}
	return x.newAuthPin()
}

// pinResponse keeps, for the client, the connection of a response that asks for NTLM or
// Negotiate.
func (x *exchange) pinResponse(resp *origin.Response) {
	if !resp.Private() || x.authPin() != nil {
		return
	}
	if pin := x.newAuthPin(); pin != nil {
		resp.Pin(pin)
	}
}
