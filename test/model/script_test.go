package model

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// script is a history that can be run more than once.
type script struct {
	resources map[string]resource // by URL
	steps     []step
}

// step is a request, a change of what an URL's resource says, or a wait.
type step struct {
	request *request
	url     string
	policy  *resource
	wait    time.Duration
}

// setting is what may differ between two runs of a script without making a
// difference.
type setting struct {
	conf      string                        // default confText
	at        time.Duration                 // when it begins; default noon
	requests  func(lines []string) []string // writes the fields of requests in another way
	responses func(lines []string) []string // and those of responses
}

func drawScript(t *rapid.T) *script {
	s := &script{resources: make(map[string]resource)}
	some := rapid.SliceOfNDistinct(rapid.SampledFrom(urls), 1, 2, rapid.ID).Draw(t, "urls")
	for _, url := range some {
		r := resource{modified: absent, version: 1}
		drawResource(t, &r, unix(noon))
		s.resources[url] = r
	}
	for range rapid.IntRange(2, 12).Draw(t, "steps") {
		url := rapid.SampledFrom(some).Draw(t, "url")
		switch rapid.IntRange(0, 6).Draw(t, "kind") {
		case 0:
			s.steps = append(s.steps, step{wait: oneOf(t, "wait", time.Second, 9*time.Second, 70*time.Second)})
		case 1:
			r := s.resources[url]
			drawPolicy(t, &r)
			s.steps = append(s.steps, step{url: url, policy: &r})
		default:
			q := drawRequest(t, some)
			r := s.resources[q.url()]
			h := r.head(&q, noon)
			if rapid.Bool().Draw(t, "conditional") {
				drawConditions(t, &q, &h)
			}
			s.steps = append(s.steps, step{request: &q})
		}
	}
	return s
}

// run plays s on a new node and returns what the client saw of it: one line a
// request.
func (s *script) run(t *rapid.T, o *origin, with setting) (seen []string) {
	if with.conf == "" {
		with.conf = confText
	}
	if with.at == 0 {
		with.at = noon
	}
	c := newClock(with.at)
	later := unix(with.at - noon)
	o.begin(c)
	o.change(func() {
		o.respell = with.responses
		for url, r := range s.resources {
			o.resources[url] = r.later(later)
		}
	})
	n := newNode(t, with.conf, o, c)
	defer n.Close()
	cl := &client{address: n.Address}
	defer cl.close()
	for _, st := range s.steps {
		c.advance(st.wait)
		if st.policy != nil {
			o.change(func() { o.resources[st.url] = st.policy.later(later) })
		}
		if st.request != nil {
			seen = append(seen, cl.outcome(t, st.request.later(later), with.requests))
			n.rest()
		}
	}
	return seen
}

// newNode starts a node in front of o.
func newNode(t interface{ Fatal(...any) }, text string, o *origin, c *clock) *node {
	config, err := parse(text, o.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	n, err := startNode(config, c)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func newOrigin(t *testing.T) *origin {
	t.Helper()
	o, err := startOrigin()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(o.close)
	return o
}

// later is r with its dates moved.
func (r resource) later(seconds int64) *resource {
	if r.modified != absent {
		r.modified += seconds
	}
	return &r
}

// later is q with its dates moved.
func (q *request) later(seconds int64) *request {
	moved := *q
	if q.since != absent {
		moved.since += seconds
	}
	if at, err := parseDate(q.ifRange); err == nil {
		moved.ifRange = httpDate(at + seconds)
	}
	return &moved
}

// outcome sends q and sums up the response.
func (c *client) outcome(t *rapid.T, q *request, respell func([]string) []string) string {
	lines := q.fields()
	if respell != nil {
		lines = respell(lines)
	}
	r, err := c.ask(q, lines)
	if err != nil {
		t.Fatalf("%+v: %v", *q, err)
	}
	sum := fnv.New32a()
	// The boundary between parts follows from the dates.
	_, boundary, _ := strings.Cut(r.fields.Get("Content-Type"), "boundary=")
	sum.Write(bytes.ReplaceAll(r.body, []byte(boundary), nil))
	return fmt.Sprintf("%s %s: %d, Age %q, %s, #%s, %d bytes %08x, broken %t", q.method, q.url(), r.status,
		r.fields.Get("Age"), r.fields.Get("Cache-Status"), r.fields.Get("X-Id"), len(r.body), sum.Sum32(), r.broken != nil)
}

// compare runs s under two settings.
func (s *script) compare(t *rapid.T, o *origin, other setting) {
	a, b := s.run(t, o, setting{}), s.run(t, o, other)
	for i := range a {
		if a[i] != b[i] {
			t.Fatalf("step %d of %d\n   is: %s\n  was: %s", i+1, len(a), b[i], a[i])
		}
	}
}
