package model

import (
	"flag"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"brink/conf"
	"brink/test/brinktest"
)

// A campaign is `go test ./test/model -run TestHistories -rapid.checks=100000
// -rapid.steps=60 -timeout 24h`; -rapid.seed repeats a failure. The other tests
// of this package take -rapid.checks, too.
func TestMain(m *testing.M) {
	flag.Parse()
	flag.Visit(func(f *flag.Flag) { byHand = byHand || f.Name == "rapid.checks" })
	// The seed is enough to repeat a failure.
	if err := flag.Set("rapid.nofailfile", "true"); err != nil {
		panic("BUG: " + err.Error())
	}
	goleak.VerifyTestMain(m)
}

// byHand tells that -rapid.checks was given.
var byHand bool

// check runs a property as often as CI has time for, or as told by hand.
func check(t *testing.T, often int, property func(*rapid.T)) {
	t.Helper()
	if !byHand {
		if testing.Short() || brinktest.RaceEnabled {
			often = often/8 + 1
		}
		if err := flag.Set("rapid.checks", strconv.Itoa(often)); err != nil {
			t.Fatal(err)
		}
	}
	rapid.Check(t, property)
}

const confText = `
node {
  id = "model"
}
origin "app" {
  server "http://$ORIGIN" {}
}
site "app" {
  hosts  = ["one.test", "two.test"]
  origin = "app"
  path "/off/**" {
    cache = "off"
  }
  path "/ttl/**" {
    ttl = "60s"
  }
  path "/honour/**" {
    client_directives = "honour"
  }
  path "/stale/**" {
    default_ttl            = "30s"
    stale_while_revalidate = "20s"
    stale_if_error         = "60s"
  }
}
log {
  access = "off"
}
`

// confUnrelated adds what must not matter to confText.
const confUnrelated = `
site "other" {
  hosts  = ["other.test", "*.one.test"]
  origin = "app"
  ttl    = "1h"
  path "/a" {
    cache = "off"
  }
}
`

// deadAddress is a port that nobody listens on.
const deadAddress = "127.0.0.1:1"

// history is a run of a node against the reference cache.
type history struct {
	origin *origin
	node   *node
	clock  *clock
	client *client
	urls   []string
	confs  map[string]*conf.Config
	dead   bool // the conf in force names a dead server

	failedAt time.Duration // when the origin last gave no answer

	cache  cache
	floor  map[string]int  // by URL: the oldest version that may be seen
	seen   map[string]head // by URL: what the origin said last
	past   []request       // with safe methods
	counts *counts
}

// counts is what happened in all histories.
type counts struct{ steps, due, hits int }

func (h *history) begin(t *rapid.T) {
	h.clock = newClock(noon + time.Duration(rapid.IntRange(0, 999).Draw(t, "millisecond"))*time.Millisecond)
	h.origin.begin(h.clock)
	h.cache = cache{}
	h.floor, h.seen = make(map[string]int), make(map[string]head)
	h.dead, h.failedAt = false, 0
	h.urls = rapid.SliceOfNDistinct(rapid.SampledFrom(urls), 1, 3, rapid.ID).Draw(t, "urls")
	for _, url := range h.urls {
		r := &resource{modified: absent, ruled: rulesOf(url[8:]).ttl > 0}
		drawResource(t, r, unix(h.clock.now()))
		h.origin.change(func() { h.origin.resources[url] = r; h.origin.renew(url) })
	}
	var err error
	if h.node, err = startNode(h.confs["plain"], h.clock); err != nil {
		t.Fatal(err)
	}
	h.client = &client{address: h.node.Address}
}

func (h *history) end(t *rapid.T) {
	h.client.close()
	if err := h.node.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestHistories(t *testing.T) {
	o, err := startOrigin()
	if err != nil {
		t.Fatal(err)
	}
	defer o.close()
	confs := make(map[string]*conf.Config)
	for name, text := range map[string]string{"plain": confText, "unrelated": confText + confUnrelated, "dead": confText} {
		address := o.listener.Addr().String()
		if name == "dead" {
			address = deadAddress
		}
		if confs[name], err = parse(text, address); err != nil {
			t.Fatal(err)
		}
	}
	var n counts
	if !byHand {
		if err := flag.Set("rapid.steps", "60"); err != nil {
			t.Fatal(err)
		}
	}
	check(t, 800, func(rt *rapid.T) {
		h := &history{origin: o, confs: confs, counts: &n}
		h.begin(rt)
		defer h.end(rt)
		rt.Repeat(map[string]func(*rapid.T){
			"get":    h.get,
			"plain":  h.plain,
			"repeat": h.repeat,
			"again":  h.repeat,
			"thrice": h.repeat,
			"act":    h.act,
			"wait":   h.wait,
			"change": h.change,
		})
	})
	t.Logf("%d steps, %d hits of %d that were due", n.steps, n.hits, n.due)
	if n.due-n.hits > n.due/1000 {
		t.Errorf("%d of %d fresh stored responses were fetched again", n.due-n.hits, n.due)
	}
}

// get sends a request.
func (h *history) get(t *rapid.T) {
	q := drawRequest(t, h.urls)
	if last, ok := h.seen[q.url()]; ok && last.rep != "" && rapid.Bool().Draw(t, "conditional") {
		drawConditions(t, &q, &last)
	}
	h.ask(t, &q)
}

// plain sends a request without anything that could make it special.
func (h *history) plain(t *rapid.T) {
	url := rapid.SampledFrom(h.urls).Draw(t, "url")
	q := request{method: "GET", host: url[:8], path: url[8:], since: absent}
	h.ask(t, &q)
}

// repeat sends one of the last requests again.
func (h *history) repeat(t *rapid.T) {
	if len(h.past) == 0 {
		h.plain(t)
		return
	}
	q := h.past[len(h.past)-1-rapid.IntRange(0, min(len(h.past), 3)-1).Draw(t, "ago")]
	h.ask(t, &q)
}

// act sends a request with an unsafe method.
func (h *history) act(t *rapid.T) {
	q := drawRequest(t, h.urls)
	q.method = oneOf(t, "method", "POST", "PUT", "DELETE", "M-SEARCH")
	q.control = ""
	u := unsafe{status: oneOf(t, "status", 200, 200, 204, 303, 404, 500)}
	paths := []string{"", ""}
	for _, url := range h.urls {
		if url[:8] == q.host && url[8:] != q.path {
			paths = append(paths, url[8:])
		}
	}
	u.location = rapid.SampledFrom(paths).Draw(t, "Location")
	u.content = rapid.SampledFrom(paths).Draw(t, "Content-Location")
	h.origin.change(func() { h.origin.unsafe = u })
	h.ask(t, &q)
}

func (h *history) wait(t *rapid.T) {
	h.clock.advance(oneOf(t, "wait", 300*time.Millisecond, time.Second, 4*time.Second, 9*time.Second, 25*time.Second, 70*time.Second, time.Hour))
}

// change changes anything but the time.
func (h *history) change(t *rapid.T) {
	what := rapid.SampledFrom([]func(*rapid.T){h.renew, h.policy, h.policy, h.fault, h.evict, h.reload}).Draw(t, "what")
	what(t)
}

// renew makes a resource something else.
func (h *history) renew(t *rapid.T) {
	url := rapid.SampledFrom(h.urls).Draw(t, "url")
	h.origin.change(func() {
		r := h.origin.resources[url]
		if rapid.Bool().Draw(t, "other") {
			drawResource(t, r, unix(h.clock.now()))
		}
		h.origin.renew(url)
	})
}

// policy changes what a resource says of its freshness.
func (h *history) policy(t *rapid.T) {
	url := rapid.SampledFrom(h.urls).Draw(t, "url")
	h.origin.change(func() { drawPolicy(t, h.origin.resources[url]) })
}

func (h *history) fault(t *rapid.T) {
	f := oneOf(t, "fault", sound, sound, sound, reset, cutOff, overload)
	delay := oneOf(t, "delay", 0, 0, 0, 1500*time.Millisecond, 12*time.Second)
	h.origin.change(func() { h.origin.fault, h.origin.delay = f, delay })
}

func (h *history) evict(t *rapid.T) {
	url := rapid.SampledFrom(h.urls).Draw(t, "url")
	if err := h.node.forget(url[:8], url[8:]); err != nil {
		t.Fatal(err)
	}
	h.cache.doubt(func(e *entry) bool { return e.request.url() == url })
}

func (h *history) reload(t *rapid.T) {
	name := oneOf(t, "conf", "plain", "plain", "unrelated", "dead")
	if err := h.node.Apply(h.confs[name]); err != nil {
		t.Fatal(err)
	}
	h.dead = name == "dead"
}

// ask sends q and holds the answer against the reference cache.
func (h *history) ask(t *rapid.T, q *request) {
	h.counts.steps++
	if q.method == "GET" || q.method == "HEAD" {
		h.past = append(h.past, *q)
	}
	began := h.clock.now()
	must := h.cache.must(q, began)
	r, err := h.client.ask(q, q.fields())
	if err != nil {
		t.Fatalf("%+v: %v", *q, err)
	}
	h.node.rest()
	c := &verdict{history: h, request: q, response: r, exchanges: h.origin.take(), began: began, now: h.clock.now()}
	t.Logf("%s %s -> %d %v %s; origin: %v", q.method, q.url(), r.status, r.fields["Cache-Status"], r.fields.Get("X-Id"), describe(c.exchanges))
	if err := c.run(must); err != nil {
		t.Fatalf("%v\nrequest: %+v\nresponse: %d %v, %d bytes, %v\norigin: %+v", err, *q, r.status, r.fields, len(r.body), r.broken, c.exchanges)
	}
	h.learn(c)
}

func describe(exchanges []exchange) (lines []string) {
	for _, x := range exchanges {
		lines = append(lines, fmt.Sprintf("%s %s %d #%d %s", x.request.method, x.request.url(), x.head.status, x.head.id, x.fault))
	}
	return lines
}

// learn tells the reference cache what the origin said.
func (h *history) learn(c *verdict) {
	for i := range c.exchanges {
		x := &c.exchanges[i]
		if x.head.status == 0 {
			continue
		}
		c.complete(x)
		switch {
		case x.request.method == "GET":
			h.learnGet(c, x)
		case x.request.method == "HEAD":
			h.learnUpdate(c, x)
		case x.head.status < 400:
			for _, path := range []string{x.request.path, h.origin.unsafe.location, h.origin.unsafe.content} {
				url := x.request.host + path
				h.cache.invalidate(url)
				h.origin.change(func() {
					if r := h.origin.resources[url]; r != nil {
						h.floor[url] = r.version
					}
				})
			}
		}
		if x.head.rep != "" && x.head.status < 400 {
			h.seen[x.request.url()] = x.head
		}
	}
}

// learnGet keeps the answer to a GET.
func (h *history) learnGet(c *verdict, x *exchange) {
	if x.head.status == 304 {
		h.learnUpdate(c, x)
		return
	}
	e := &entry{head: x.head, request: x.request, asked: x.asked, answered: x.answered, part: x.head.status == 206}
	if e.part {
		e.status = 200
	}
	e.dated()
	told := c.id() == x.head.id
	refreshed := len(c.exchanges) == 1 && !told && x.head.status < 500 // in the background
	e.sure = e.storable() && !e.part && x.fault == sound && (told && c.stored() || refreshed)
	if x.fault == cutOff {
		e.gone = true
	}
	if !e.sure {
		h.cache.doubt(func(old *entry) bool { return old.request.url() == e.request.url() })
	}
	h.cache.add(e)
}

// sharesCookie reports whether the cookie that a 304 sets, if it does, is for
// everybody: the 304 must say so itself.
func (h *head) sharesCookie() bool {
	return !h.cookie || h.control != nil && (h.control.public || h.control.sMaxAge != absent)
}

// learnUpdate keeps what became of an entry by a 304, or by the answer to a
// HEAD.
func (h *history) learnUpdate(c *verdict, x *exchange) {
	var old []*entry
	for _, e := range h.cache.matching(&x.request) {
		if e.rep == x.head.rep {
			old = append(old, e)
		}
	}
	h.cache.doubt(func(e *entry) bool {
		// A HEAD that shows that one is out of date puts out all variants.
		return e.request.url() == x.request.url() && (x.request.method == "HEAD" || e.matches(&x.request))
	})
	for _, e := range old {
		merged := *e
		merged.head = e.head.updated(&x.head)
		merged.request, merged.asked, merged.answered = x.request, x.asked, x.answered
		merged.request.method = "GET"
		merged.dated()
		told := c.id() == x.head.id
		merged.sure = x.request.method == "GET" && len(old) == 1 && !merged.part && merged.storable() && x.head.sharesCookie() &&
			slices.Equal(merged.vary, e.vary) && (told && c.stored() || !told && len(c.exchanges) == 1)
		h.cache.add(&merged)
	}
}
