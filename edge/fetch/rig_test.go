package fetch

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"brink/conf"
	"brink/edge/message"
	"brink/edge/semantics"
	"brink/edge/site"
	"brink/edge/wire"
	"brink/origin"
	"brink/purge"
	"brink/store"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rig is what fetches need of a node, with a scripted origin and a clock that stands still.
type rig struct {
	t       testing.TB
	fetcher *Fetcher
	site    *site.Site
	state   SiteState
	server  *script
	now     atomic.Int64
	panics  atomic.Int32 // told so far
	fault   atomic.Int32 // how many readings of the clock on it panics, once; 0: it does not

	mu     sync.Mutex
	failed []string // told by SiteState.failed
}

// newRig makes a rig whose origin gives these answers, one a request. settings is what the
// site block holds besides.
func newRig(t testing.TB, settings string, answers ...string) *rig {
	t.Helper()
	r := &rig{t: t, server: newScript(t, answers)}
	r.now.Store(time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC).UnixNano())
	c, err := conf.Parse("test.hcl", fmt.Appendf(nil, `
origin "app" {
  server "http://%s" {}
}
site "app" {
  hosts  = ["*"]
  origin = "app"
  %s
}`, r.server.l.Addr(), settings))
	if err != nil {
		t.Fatal(err)
	}
	app, err := origin.New(&c.Origins[0])
	if err != nil {
		t.Fatal(err)
	}
	tables, err := site.Compile(c, map[string]*origin.Origin{"app": app})
	if err != nil {
		t.Fatal(err)
	}
	r.site = tables.Sites[0]
	purges := purge.NewLog(0, 0)
	kept, err := store.New(store.Options{Memory: 64 << 20, Purges: purges, Now: r.clock, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	r.fetcher = New(Options{
		Node: "edge-1", Now: r.clock, Store: kept, Purges: purges,
		Panicked: func(any, []byte) { r.panics.Add(1) },
	})
	r.state.Init(Refreshes(r.site.Connections), func(err error) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.failed = append(r.failed, err.Error())
	})
	t.Cleanup(func() {
		r.fetcher.Wait()
		if s := app.Stats(); s.Running != 0 || s.Servers[0].Open != s.Servers[0].Idle {
			t.Errorf("a response was not closed: %d exchanges run, %d connections are open, %d idle", s.Running, s.Servers[0].Open, s.Servers[0].Idle)
		}
		app.Close()
		kept.Close()
	})
	return r
}

func (r *rig) clock() store.Instant {
	if r.fault.Load() > 0 && r.fault.Add(-1) == 0 {
		panic("the clock fails")
	}
	return store.Instant(r.now.Load())
}

func (r *rig) sleep(d time.Duration) { r.now.Add(int64(d)) }

// spec is that of a GET of /a by a client, with these fields ("Name: value").
func (r *rig) spec(c message.Client, fields ...string) Spec {
	r.t.Helper()
	q := &message.Request{Method: message.GET, Verb: []byte("GET"), Protocol: message.HTTP11, Peer: netip.MustParseAddrPort("192.0.2.1:1")}
	for _, f := range fields {
		name, value, _ := strings.Cut(f, ": ")
		q.Fields.Append([]byte(name), []byte(value))
	}
	if _, fault := q.ParseURL("http", []byte("a.test"), []byte("/a"), nil); fault != message.URLOK {
		r.t.Fatal(fault)
	}
	rule := r.site.Rule(q.URL.Path)
	s := Spec{
		Site: r.site, State: &r.state, Rule: rule, Request: q, ID: []byte("1"),
		Text:   semantics.AppendKey(nil, &q.URL, &q.Fields, &rule.Semantics.Key),
		Ranged: AsksPart(&q.Fields), Stamp: r.fetcher.Purges.Latest(), Client: c, Canceller: new(origin.Canceller),
	}
	s.Primary = r.fetcher.Store.Hash(s.Text)
	s.URL = s.Primary
	s.Like = RequestsLike(q, &rule.Semantics, s.Primary, nil)
	s.Agent = s.Like.OfAgent(r.fetcher.AgentKey(q))
	return s
}

// stored returns what is stored for the spec; nil: nothing.
func (r *rig) stored(s *Spec) *store.Object {
	o, _ := r.fetcher.Store.Get(s.Primary, s.Text)
	return o
}

// join returns the fill that the spec's fetch is to lead.
func (r *rig) join(s *Spec) *store.Fill {
	r.t.Helper()
	_, fill, leads := r.fetcher.Store.Join(s.Primary, s.URL, string(s.Text), func(*store.Object, purge.Verdict) bool { return false })
	if !leads {
		r.t.Fatal("another fetch leads")
	}
	return fill
}

// content reads the content of a result that is shared or private, and closes it.
func content(res *Result) (string, error) {
	var next func(bool) ([]byte, error)
	switch {
	case res.Kind == Shared:
		reader := res.Fill.Reader(0)
		defer reader.Close()
		next = reader.Next
	case res.response != nil:
		resp := res.Take()
		defer resp.Close()
		next = resp.Next
	default:
		return "", nil
	}
	var b strings.Builder
	for {
		p, err := next(true)
		b.Write(p)
		if err == io.EOF {
			return b.String(), nil
		}
		if err != nil {
			return b.String(), err
		}
	}
}

// client is a client as a fetch sees it.
type client struct {
	mu      sync.Mutex
	watched message.Canceller
	interim []int
}

func (c *client) Interim(status int, _ *wire.Fields) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.interim = append(c.interim, status)
	return nil
}

func (c *client) Watch(l message.Canceller) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.watched = l
}

func (c *client) Hold(io.Closer) bool { return false }
func (c *client) Held() io.Closer     { return nil }

// script is an origin that gives prepared answers, one a request.
type script struct {
	l       net.Listener
	serving sync.WaitGroup
	answers []string
	hold    chan struct{} // not nil: it answers once this is closed

	mu    sync.Mutex
	seen  []http.Header
	conns []net.Conn
}

func newScript(t testing.TB, answers []string) *script {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &script{l: l, answers: answers}
	s.serving.Go(s.accept)
	t.Cleanup(func() {
		l.Close()
		s.mu.Lock()
		for _, c := range s.conns {
			c.Close()
		}
		s.mu.Unlock()
		s.serving.Wait()
	})
	return s
}

func (s *script) accept() {
	for {
		c, err := s.l.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.conns = append(s.conns, c)
		s.mu.Unlock()
		s.serving.Go(func() { s.serve(c) })
	}
}

func (s *script) serve(c net.Conn) {
	defer c.Close()
	in := bufio.NewReader(c)
	for {
		q, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		s.mu.Lock()
		s.seen = append(s.seen, q.Header)
		n, hold := len(s.seen), s.hold
		s.mu.Unlock()
		if hold != nil {
			<-hold
		}
		if n > len(s.answers) || s.answers[n-1] == "" {
			return
		}
		head, body, _ := strings.Cut(s.answers[n-1], "\n\n")
		_, _ = io.WriteString(c, "HTTP/1.1 "+strings.ReplaceAll(head, "\n", "\r\n")+"\r\n\r\n"+body)
		if strings.Contains(head, "Connection: close") {
			return
		}
	}
}

// asked returns the fields of all requests so far.
func (s *script) asked() []http.Header {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen
}
