package edge

import (
	"fmt"
	"io"
	"net/netip"
	"net/textproto"
	"strconv"
	"strings"
	"sync"
	"testing"

	"brink/edge/message"
	"brink/edge/wire"
)

// fakeClient is a connection with its exchange, as an engine has it.
type fakeClient struct {
	rig     *rig
	x       message.Exchange
	request wire.Request
	trusted message.Proxies
	head    []byte // memory of the request
	url     []byte
	held    io.Closer
	shared  bool // requests run side by side: it holds nothing

	mu        sync.Mutex
	interim   []string
	canceller message.Canceller
	gone      bool
}

func (r *rig) client() *fakeClient {
	c := &fakeClient{rig: r}
	c.x.Client = c
	return c
}

func (c *fakeClient) Interim(status int, fields *wire.Fields) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	line := strconv.Itoa(status)
	for i := range fields.List {
		line += fmt.Sprintf(" %s: %s", fields.List[i].Name, fields.List[i].Value)
	}
	c.interim = append(c.interim, line)
	return nil
}

func (c *fakeClient) Watch(l message.Canceller) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.canceller = l
	if c.gone && l != nil {
		l.Cancel()
	}
}

// leave is the client's leaving, as an engine finds it out.
func (c *fakeClient) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.gone = true
	if c.canceller != nil {
		c.canceller.Cancel()
	}
}

func (c *fakeClient) Held() io.Closer { return c.held }

func (c *fakeClient) Hold(held io.Closer) bool {
	if c.shared {
		return false
	}
	c.close()
	c.held = held
	return true
}

// close is the end of the connection.
func (c *fakeClient) close() {
	if c.held != nil {
		_ = c.held.Close()
	}
	c.held = nil
}

// ask makes the exchange one of this request.
func (c *fakeClient) ask(method, target string, fields ...string) {
	c.rig.t.Helper()
	if !c.tryAsk(method, target, fields...) {
		c.rig.t.Fatalf("no request: %s", c.head)
	}
}

// tryAsk is ask for requests that may be none: it says no to those.
func (c *fakeClient) tryAsk(method, target string, fields ...string) bool {
	c.head = fmt.Appendf(c.head[:0], "%s %s HTTP/1.1\r\n", method, target)
	if !hasHost(fields) {
		c.head = append(c.head, "Host: a.test\r\n"...)
	}
	for _, f := range fields {
		c.head = append(c.head, f+"\r\n"...)
	}
	c.head = append(c.head, "\r\n"...)
	if fault := c.request.Parse(c.head, wire.Limits{}); fault != wire.None {
		return false
	}
	x := &c.x
	x.Now = c.rig.clock()
	x.Reply = message.Reply{Body: x.Reply.Body[:0]}
	x.Request = message.Request{
		Method: message.MethodOf(c.request.Method), Verb: c.request.Method, Protocol: message.HTTP11,
		Fields: c.request.Fields, Upgrade: c.request.Upgrade(), Peer: netip.MustParseAddrPort("192.0.2.1:1234"),
	}
	scheme, host := "http", x.Request.Fields.Get(wire.Host)
	if c.trusted.Trusts(x.Request.Peer.Addr()) {
		scheme, host = c.trusted.Believe(&x.Request, scheme, host)
	}
	var fault message.URLFault
	c.url, fault = x.Request.ParseURL(scheme, host, c.request.Target, c.url[:0])
	return fault == message.URLOK
}

func hasHost(fields []string) bool {
	for _, f := range fields {
		if strings.HasPrefix(f, "Host:") {
			return true
		}
	}
	return false
}

// serve has the request answered, and reports whether that took no waiting.
func (c *fakeClient) serve() (quick bool) {
	if c.rig.node.TryServe(&c.x) {
		return true
	}
	c.rig.node.Serve(&c.x)
	return false
}

// got is a reply as a client sees it.
type got struct {
	target  string
	status  int
	fields  textproto.MIMEHeader
	cache   string // the last member of Cache-Status, without the node
	length  int64
	body    string
	err     error // of a body that broke off
	quick   bool
	outcome message.CacheStatus
}

func (g *got) field(name string) string { return strings.Join(g.fields.Values(name), ", ") }

// reply returns the head of the reply.
func (c *fakeClient) reply() *got {
	p := &c.x.Reply
	g := &got{target: string(c.x.Request.Verb) + " " + string(c.x.Request.URL.Target), length: p.Length, outcome: p.Status}
	if p.Head == nil {
		return g
	}
	g.status = c.x.StatusCode()
	g.fields = make(textproto.MIMEHeader)
	lines := strings.Split(string(p.Head.Block), "\r\n")
	for _, line := range lines[1 : len(lines)-1] {
		name, value, ok := strings.Cut(line, ": ")
		if !ok {
			c.rig.t.Errorf("%s: line %q of the head", g.target, line)
		}
		g.fields.Add(name, value)
	}
	if p.HasAge {
		g.fields.Add("Age", strconv.FormatInt(p.Age, 10))
	}
	for _, cookie := range p.Cookies {
		g.fields.Add("Set-Cookie", string(cookie))
	}
	g.fields.Add("Cache-Status", string(p.AppendCacheStatus(nil)))
	if p.Problem != "" {
		g.fields.Add("Proxy-Status", string(p.AppendProxyStatus(nil)))
	}
	if all := g.fields.Values("Cache-Status"); len(all) > 0 {
		g.cache = strings.TrimPrefix(all[len(all)-1], "edge-1; ")
	}
	return g
}

// content reads the body to its end, as it would be sent.
func (c *fakeClient) content() (string, error) {
	p := &c.x.Reply
	if c.x.Request.Method == message.HEAD || p.Head.Status == 304 || p.Head.Status == 204 {
		return "", nil
	}
	var b strings.Builder
	for _, run := range p.Body {
		b.Write(run)
	}
	for p.Stream != nil {
		run, err := next(p.Stream)
		b.Write(run)
		if err == io.EOF {
			break
		}
		if err != nil {
			return b.String(), err
		}
	}
	if p.Length >= 0 && int64(b.Len()) != p.Length {
		return b.String(), fmt.Errorf("%d bytes, announced %d", b.Len(), p.Length)
	}
	return b.String(), nil
}

// done ends the exchange and, as an engine may, uses its memory for something
// else.
func (c *fakeClient) done() { c.end(message.Sent{Complete: true}) }

// end is done with what became of the reply.
func (c *fakeClient) end(sent message.Sent) {
	c.Watch(nil)
	c.rig.node.Done(&c.x, sent)
	for _, memory := range [][]byte{c.head, c.url[:cap(c.url)], c.x.Scratch[:cap(c.x.Scratch)], c.x.KeyText[:cap(c.x.KeyText)]} {
		for i := range memory {
			memory[i] = '?'
		}
	}
}

// do is a whole exchange.
func (c *fakeClient) do(method, target string, fields ...string) *got {
	c.ask(method, target, fields...)
	quick := c.serve()
	g := c.reply()
	g.quick = quick
	if g.status != 0 {
		g.body, g.err = c.content()
	}
	c.done()
	return g
}

func (r *rig) do(method, target string, fields ...string) *got {
	return r.client().do(method, target, fields...)
}

func (r *rig) get(target string, fields ...string) *got { return r.do("GET", target, fields...) }

// later is a whole exchange in another goroutine.
func (r *rig) later(target string, fields ...string) <-chan *got {
	c := r.client()
	c.ask("GET", target, fields...)
	answer := make(chan *got, 1)
	go func() {
		quick := c.serve()
		g := c.reply()
		g.quick = quick
		g.body, g.err = c.content()
		c.done()
		answer <- g
	}()
	return answer
}

func TestRig(t *testing.T) {
	r := newRig(t, "", numbered("Cache-Control: max-age=60", "ETag: \"1\""))
	r.get("/a").want(t, 200, "fwd=uri-miss; fwd-status=200; ttl=60; stored", "body 1")
	r.quiet()
	g := r.get("/a")
	g.want(t, 200, "hit; ttl=60", "body 1")
	if !g.quick || g.field("ETag") != `"1"` || g.field("Age") != "0" {
		t.Errorf("%+v", g)
	}
	r.asked(1)
}
