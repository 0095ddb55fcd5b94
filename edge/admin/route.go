package admin

import (
	"net/http"
	"runtime/debug"
	"strings"
	"time"
)

// route is one entry of the API.
type route struct {
	path    string // "/a/" is for every path below it, too; "/a/{name}" is for any one segment after "/a/"
	method  string // GET stands for HEAD, too
	who     access
	limit   int64 // bytes of the request's body
	summary string
	handle  func(http.ResponseWriter, *request) *failure
}

// access is who may use a route.
type access uint8

const (
	forAll    access = iota // who has the token for everything
	forReads                // who has a token that may read
	forPurges               // who has a token that may purge
	forHealth               // everybody
)

// request is a request, and the results of the steps that handle it.
type request struct {
	*http.Request

	began time.Time
	token *token // who asks; nil: unknown

	failure *failure // nil: it was answered

	// Of a purge.
	order    *order   // nil: the request was refused before its body was read
	receipt  *Receipt // nil: nothing was purged
	repeated bool     // the receipt comes from an earlier request
}

func (s *Server) table() []route {
	return []route{
		{"/", "GET", forReads, maxBody, "this page", s.index},
		{"/healthz", "GET", forHealth, maxBody, "200 while the process works", s.health},
		{"/readyz", "GET", forHealth, maxBody, "200 while the node should get traffic, else 503 and why", s.ready},
		{"/metrics", "GET", forReads, maxBody, "counters, gauges and histograms for Prometheus", s.scrape},
		{"/v1/stats", "GET", forReads, maxBody, "hits, misses and the rest since the start", s.stats},
		{"/v1/conf", "GET", forReads, maxBody, "the digest of the conf in force, and its files", s.conf},
		{"/v1/explain", "GET", forReads, maxBody, "what becomes of a request: ?url=&method=&header=Name:value&ask=1", s.explain},
		{"/v1/purge", "POST", forPurges, maxOrderBody, "put URLs, prefixes, tags, hosts, sites or all out of force", s.purge},
		{"/v1/purge/{seq}", "GET", forPurges, maxBody, "the receipt of a purge", s.receipt},
		{"/v1/openapi.json", "GET", forReads, maxBody, "this API, described for programs", s.openAPI},
		{"/v1/reload", "POST", forAll, maxBody, "read the conf files again", s.reload},
		{"/debug/object", "GET", forReads, maxBody, "the stored response that a request selects: ?url=&header=Name:value", s.object},
		{"/debug/fills", "GET", forReads, maxBody, "fetches that fill the cache right now", s.fills},
		{"/debug/disk", "GET", forReads, maxBody, "the tiers of the store, and the segments on disk", s.disk},
		{"/debug/pprof/", "GET", forAll, maxBody, "profiles of the process", s.profile},
	}
}

// ServeHTTP implements http.Handler. It answers the request, or sends the failure of the
// first check that refuses it.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer s.recover(w, r)
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	q := &request{Request: r, began: time.Now()}
	defer s.audit(q)
	route, f := s.find(q)
	if f == nil {
		r.Body = http.MaxBytesReader(w, r.Body, route.limit)
		f = route.handle(w, q)
	}
	if q.failure = f; f != nil {
		f.write(w)
	}
}

// find returns the route of r. It fails if r may not use the route, or if its method, length
// or content type do not fit.
func (s *Server) find(r *request) (_ *route, f *failure) {
	guard, route := s.guard.Load(), s.lookup(r.URL.Path)
	if f := guard.checkPage(r.Request, route); f != nil {
		return nil, f
	}
	if route == nil || route.who != forHealth {
		if r.token, f = guard.token(r.Request); f != nil {
			return nil, f
		}
	}
	switch {
	case r.token != nil && !r.token.may(route):
		return nil, outOfScope("the token may " + strings.Join(r.token.scope.may, " and ") + ", but not use " + quote(r.URL.Path))
	case route == nil:
		return nil, fail(http.StatusNotFound, "not_found", "there is nothing at "+r.URL.Path, "GET / lists what there is")
	case !route.allows(r.Method):
		f := fail(http.StatusMethodNotAllowed, "method_not_allowed", r.URL.Path+" does not take "+r.Method, "use "+route.method)
		f.allow = route.allow()
		return nil, f
	case r.ContentLength > route.limit:
		return nil, tooLarge(route.limit)
	}
	return route, noForm(r.Request)
}

func (s *Server) lookup(path string) *route {
	for i := range s.routes {
		if s.routes[i].matches(path) {
			return &s.routes[i]
		}
	}
	return nil
}

func (r *route) matches(path string) bool {
	if before, _, ok := strings.Cut(r.path, "{"); ok {
		segment, ok := strings.CutPrefix(path, before)
		return ok && segment != "" && !strings.Contains(segment, "/")
	}
	below := len(r.path) > 1 && r.path[len(r.path)-1] == '/'
	return path == r.path || below && strings.HasPrefix(path, r.path)
}

// hasEffect reports whether a request changes something, takes seconds, or sends a request
// to an origin.
func (r *route) hasEffect(q *http.Request) bool {
	return r.method != "GET" || r.who == forAll || q.URL.Query().Has("ask")
}

func (r *route) allows(method string) bool {
	return method == r.method || method == "HEAD" && r.method == "GET"
}

func (r *route) allow() string {
	if r.method == "GET" {
		return "GET, HEAD"
	}
	return r.method
}

// recover answers a request whose handler panicked. The node goes on.
func (s *Server) recover(w http.ResponseWriter, r *http.Request) {
	switch p := recover(); p {
	case nil:
	case http.ErrAbortHandler:
		panic(p)
	default:
		stack := string(debug.Stack())
		fail(http.StatusInternalServerError, "internal", "the node failed to answer", "its log says more").write(w)
		s.log.Error("admin request panicked", "path", r.URL.Path, "panic", p, "stack", stack)
	}
}
