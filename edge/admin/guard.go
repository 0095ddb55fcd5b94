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

// guard decides who may send requests. It is immutable.
type guard struct {
	closed bool // every request needs a token
	all    *token
	scoped []*token
}

// newGuard returns the guard of an admin block. old is the guard before a reload, or nil: the
// tokens take over what they remember.
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

// checkPage refuses requests that a web page of another site makes a browser send. Such a
// request may come under a name of that site, so without a token only loopback names are
// allowed. Browsers also say which site caused a request: in Sec-Fetch-Site for each request
// to this machine, and in Origin for each that is no GET. Programs send neither. A link that
// a user follows is allowed if the request has no effect.
func (g *guard) checkPage(r *http.Request, route *route) *failure {
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
	if !followed(r) || route != nil && route.hasEffect(r) {
		return crossSite("of another site")
	}
	return nil
}

func crossSite(page string) *failure {
	return fail(http.StatusForbidden, "cross_site", "the request comes from a page "+page,
		"call the admin listener from a program, or from a page that it serves")
}

// sameOrigin reports whether the value of an Origin field names the listener at host. A page
// that hides its origin sends "null", which is no URL.
func sameOrigin(origin, host string) bool {
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, host)
}

// followed reports whether the browser will show the answer as a page of its own, and not
// as a frame, image or script of another page.
func followed(r *http.Request) bool {
	return r.Method == http.MethodGet && r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Header.Get("Sec-Fetch-Dest") == "document"
}

// token returns the token that r carries. It compares hashes, which have one length, and
// compares with each token, so that the time tells nothing about the tokens.
func (g *guard) token(r *http.Request) (*token, *failure) {
	if !g.closed {
		return g.all, nil
	}
	scheme, text, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	sent := sha256.Sum256([]byte(strings.TrimSpace(text)))
	var found *token
	for _, t := range append([]*token{g.all}, g.scoped...) {
		if subtle.ConstantTimeCompare(sent[:], t.hash[:]) == 1 {
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

// noForm refuses all content but JSON. A page of another site can make a browser send a form,
// but not JSON.
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

// quote returns the start of s in quotes, for a message.
func quote(s string) string {
	if len(s) > 100 {
		s = s[:100] + "..."
	}
	return `"` + s + `"`
}
