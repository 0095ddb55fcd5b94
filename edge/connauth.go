package edge

import (
	"bytes"
	"net/netip"

	"brink/edge/wire"
	"brink/origin"
)

// authConn is a connection to an origin on which a client authenticated with NTLM or
// Negotiate. These authenticate the connection, not the request (RFC 4559 section 6). The
// origin may then make any response on it for this user, without a field that says so. So
// every request of the client's connection that is no hit goes over its authConn, past the
// cache. Hits stay hits, as stored responses are for everybody.
//
// A client's connection keeps at most one authConn (message.Client.Hold), so clients cannot
// take more connections to origins than they have themselves. The authConn ends with the
// client's connection. It also ends if a trusted proxy sends, over that connection, a request
// of another client or of a client that it does not name.
type authConn struct {
	pin    *origin.Pin // reserves the connection: requests with this pin use it, and no others do
	origin *origin.Origin
	host   []byte     // the host that the requests on it are for
	client netip.Addr // of the user; always known
}

// Close ends the connection to the origin (io.Closer).
func (a *authConn) Close() error {
	a.pin.Close()
	return nil
}

// authPin returns the client's authenticated connection to the request's origin and host, and
// nil if there is none. If the connection is another client's, authPin closes it.
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

// newAuthPin makes an authConn that the client's connection keeps. It returns nil if the
// connection cannot keep one, or if the client is not known. The connection to the origin
// then ends with the exchange.
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

// pinFor returns the authenticated connection for a request that is passed on with these
// fields. It returns nil if the request may use any connection.
func (x *exchange) pinFor(fields *wire.Fields) *origin.Pin {
	if pin := x.authPin(); pin != nil || !wire.ConnectionAuth(fields, wire.Authorization) {
		return pin
	}
	return x.newAuthPin()
}

// pinResponse keeps the origin's connection for the client if the response asks for NTLM or
// Negotiate.
func (x *exchange) pinResponse(resp *origin.Response) {
	if !resp.Private() || x.authPin() != nil {
		return
	}
	if pin := x.newAuthPin(); pin != nil {
		resp.Pin(pin)
	}
}
