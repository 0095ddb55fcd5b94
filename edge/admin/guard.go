package admin

import (
	"crypto/sha256"
	"crypto/subtle"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"brink/conf"
)

// guard settles who may ask. It is immutable.
type guard struct {
	closed bool // a token is needed
	all    *token
	scoped []*token
}

// newGuard makes a guard of the admin block. old is the one before a reload, or
// nil.
func newGuard(c *conf.Admin, old *guard) *guard {
	g := &guard{closed: c.Token != "", all: &token{name: everything, hash: sha256.Sum256([]byte(c.Token)), repeats: new(repeats)}}
	for i := range c.Tokens {
		g.scoped = append(g.scoped, newToken(&c.Tokens[i]))
	}
	if old == nil {
		return g
	}
	g.all.inherit(old.all)
	for _, t := range g.scoped {
		for _, before := range old.scoped {
			if t.name == before.name {
				t.inherit(before)
			}
		}
	}
	return g
}

// place refuses requests that a web page can make a browser send: requests under a name
// that is not the listener's own, and requests from pages of other sites. A browser says
// for each request to this machine whether another site caused it (Sec-Fetch-Site),
// and for each that is no GET, which site (Origin). Programs send neither. A link that
// a user follows does no harm if it starts no work.
func (g *guard) place(r *http.Request, route *route) *failure {
	if !g.closed && !loopback(r.Host) {
		return fail(http.StatusForbidden, "host_not_loopback",
			"without a token only requests for a loopback name are answered, not for "+quote(r.Host),
			"use localhost, 127.0.0.1 or [::1], or set token_file in the admin block")
	}
	if origin := r.Header.Get("Origin"); origin != "" && !sameOrigin(origin, r.Host) {
		return crossSite("of " + quote(origin))
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
		return nil
	}
	if !followed(r) || route != nil && route.works(r) {
		return crossSite("of another site")
	}
	return nil
}

func crossSite(page string) *failure {
	return fail(http.StatusForbidden, "cross_site", "the request comes from a page "+page,
		"call the admin listener from a program, or from a page that it serves")
}

// sameOrigin reports whether origin is the listener at host. "null" is a page that hides
// its origin.
func sameOrigin(origin, host string) bool {
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, host)
}

// followed reports whether the browser will show the answer as a page of its own, and not
// as a frame, image or script of another page.
func followed(r *http.Request) bool {
	return r.Method == http.MethodGet && r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Header.Get("Sec-Fetch-Dest") == "document"
}

// token returns the token that r brings. It compares with each in constant time:
// the hashes are of one length, whatever was sent.
func (g *guard) token(r *http.Request) (*token, *failure) {
	if !g.closed {
		return g.all, nil
	}
	scheme, text, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	got := sha256.Sum256([]byte(strings.TrimSpace(text)))
	var found *token
	for _, t := range append([]*token{g.all}, g.scoped...) {
		if subtle.ConstantTimeCompare(got[:], t.hash[:]) == 1 {
			found = t
		}
	}
	if found != nil && strings.EqualFold(scheme, "Bearer") {
		return found, nil
	}
	return nil, fail(http.StatusUnauthorized, "unauthorized", "the request does not carry a token of the admin block",
		"send Authorization: Bearer and the contents of its token_file, or of the file of a token that may")
}

// loopback reports whether host, with or without a port, is a name that only
// this machine has.
func loopback(host string) bool {
	name := host
	if h, port, err := net.SplitHostPort(host); err == nil {
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return false
		}
		name = h
	} else if n := len(host); n > 2 && host[0] == '[' && host[n-1] == ']' {
		name = host[1 : n-1]
	}
	if strings.EqualFold(name, "localhost") {
		return true
	}
	a, err := netip.ParseAddr(name)
	return err == nil && a.Zone() == "" && a.IsLoopback()
}

// noForm refuses all content but JSON: a page of any site may post content of the types
// that forms have.
func noForm(r *http.Request) *failure {
	sent := strings.Join(r.Header.Values("Content-Type"), ", ")
	if r.Method == http.MethodGet || r.Method == http.MethodHead || sent == "" {
		return nil
	}
	if kind, _, err := mime.ParseMediaType(sent); err == nil && kind == "application/json" {
		return nil
	}
	return fail(http.StatusUnsupportedMediaType, "form_refused", "content of type "+quote(sent)+" is not taken",
		"send Content-Type: application/json, as curl --json does, or no body")
}

// quote returns s for use in a message, shortened.
func quote(s string) string {
	if len(s) > 100 {
		s = s[:100] + "..."
	}
	return `"` + s + `"`
}
