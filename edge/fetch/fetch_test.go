package fetch

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"brink/edge/message"
	"brink/origin"
	"brink/store"
)

// way is how a fetch is run.
type way string

const (
	led   way = "led"
	alone way = "alone"
)

// run runs a fetch for s and returns what it came to.
func (r *rig) run(w way, s Spec) Result {
	r.t.Helper()
	if w == led {
		res, ok := r.fetcher.Lead(s, r.join(&s)).Wait(nil)
		if !ok {
			r.t.Fatal("the leader gave up")
		}
		return res
	}
	return r.fetcher.Alone(s, new(Memory))
}

const (
	plain   = "200 OK\nCache-Control: max-age=10, stale-if-error=100\nETag: \"1\"\nContent-Length: 4\n\nbody"
	private = "200 OK\nCache-Control: private\nContent-Length: 4\n\nbody"
	part    = "206 Partial\nCache-Control: max-age=60\nETag: \"1\"\nContent-Range: bytes 0-1/4\nContent-Length: 2\n\nbo"
	rest    = "206 Partial\nCache-Control: max-age=60\nETag: \"1\"\nContent-Range: bytes 2-3/4\nContent-Length: 2\n\ndy"
	changed = "206 Partial\nCache-Control: max-age=60\nETag: \"2\"\nContent-Range: bytes 2-3/4\nSet-Cookie: a=1\nContent-Length: 2\n\ndy"
)

// Each way to each kind of result, for a fetch with a leader and for one of a request alone.
// The rig sees to it that each response is closed, and content that none is closed before
// its owner has read it.
func TestResult(t *testing.T) {
	for _, c := range []struct {
		name     string
		settings string
		fields   []string
		before   string   // the answer by which something is stored before; "": nothing is
		answers  []string // one a request; "": the connection is closed
		kind     Kind
		status   int
		reason   message.Reason // why it is not stored
		body     string
		after    string // what is stored then, as status and length; "": nothing
	}{
		{"stored", "", nil, "", []string{plain}, Shared, 200, 0, "body", "200 4"},
		{"stored, chunked", "", nil, "", []string{"200 OK\nCache-Control: max-age=9\nTransfer-Encoding: chunked\n\n4\r\nbody\r\n0\r\n\r\n"}, Shared, 200, 0, "body", "200 4"},
		{"error stored", `negative_ttl = { "404" = "9s" }`, nil, "", []string{"404 Not Found\nContent-Length: 2\n\nno"}, Shared, 404, 0, "no", "404 2"},
		{"part stored", "", []string{"Range: bytes=0-1"}, "", []string{part}, Shared, 206, 0, "bo", "206 2"},

		{"private", "", nil, "", []string{private}, Private, 200, message.ReasonPrivate, "body", ""},
		{"no-store", "", nil, "", []string{"200 OK\nCache-Control: no-store\nContent-Length: 4\n\nbody"}, Private, 200, message.ReasonNoStore, "body", ""},
		{"of the request", "", []string{"Authorization: Basic x"}, "", []string{plain}, Private, 200, message.ReasonAuthorization, "body", ""},
		{"cookie", "", nil, "", []string{"200 OK\nCache-Control: max-age=9\nSet-Cookie: a=1\nContent-Length: 4\n\nbody"}, Private, 200, message.ReasonSetCookie, "body", ""},
		{"too large", `max_object = "2"`, nil, "", []string{plain}, Private, 200, message.ReasonTooLarge, "body", ""},
		{"range that was not asked for", "", nil, "", []string{part}, Private, 206, message.ReasonBadRange, "bo", ""},

		{"renewed", "", nil, plain, []string{"304 Not Modified\nETag: \"1\"\nCache-Control: max-age=20"}, Renewed, 304, 0, "", "200 4"},
		{"renewed, not stored", "", nil, plain, []string{"304 Not Modified\nETag: \"1\"\nCache-Control: no-store"}, Renewed, 304, message.ReasonNoStore, "", "200 4"},
		{"304 that validates nothing", "", nil, plain, []string{"304 Not Modified\nETag: \"2\"", plain}, Shared, 200, 0, "body", "200 4"},
		{"replaced", "", nil, plain, []string{"200 OK\nCache-Control: max-age=9\nContent-Length: 3\n\nnew"}, Shared, 200, 0, "new", "200 3"},

		{"rest fits", "", nil, part, []string{rest}, Shared, 206, 0, "body", "200 4"},
		{"rest does not fit", "", nil, part, []string{changed, plain}, Shared, 200, 0, "body", "200 4"},
		{"rest is none", "", nil, part, []string{"416 No\nContent-Length: 0\n\n", plain}, Shared, 200, 0, "body", "200 4"},
		{"rest does not fit, then nothing", "", nil, part, []string{changed, ""}, Failed, 206, 0, "", "206 2"},

		{"error, and something stored", "", nil, plain, []string{"503 No\nContent-Length: 2\n\nno"}, Failed, 503, 0, "no", "200 4"},
		{"error, and nothing stored", "", nil, "", []string{"503 No\nContent-Length: 2\n\nno"}, Private, 503, message.ReasonStatus, "no", ""},
		{"no answer", "", nil, "", []string{""}, Failed, 0, 0, "", ""},
	} {
		for _, w := range []way{led, alone} {
			t.Run(fmt.Sprint(c.name, ", ", w), func(t *testing.T) {
				answers := c.answers
				if c.before != "" {
					answers = append([]string{c.before}, answers...)
				}
				r := newRig(t, c.settings, answers...)
				s := r.spec(new(client), c.fields...)
				if c.before != "" {
					r.store(&s)
				}
				res := r.run(w, s)
				facts := res
				body, err := content(&res)
				if err != nil || body != c.body {
					t.Errorf("content %q, %v", body, err)
				}
				if facts.Kind != c.kind || facts.Status != c.status {
					t.Fatalf("%v %d (%v, %v)", facts.Kind, facts.Status, facts.Err, facts.Refusal.Reason)
				}
				if facts.Refusal.Reason != c.reason || facts.Stored != (c.kind != Failed && c.reason == 0) {
					t.Errorf("refused %v (%q), stored %v", facts.Refusal.Reason, facts.Refusal.Culprit, facts.Stored)
				}
				if suggests := c.kind == Renewed && c.reason != 0; facts.Recheck != suggests {
					t.Errorf("recheck: %v", facts.Recheck)
				}
				if c.kind == Failed && len(facts.Cookies) > 0 {
					t.Errorf("cookies of a response that nobody gets: %q", facts.Cookies)
				}
				r.fetcher.Wait()
				after := ""
				if o := r.stored(&s); o != nil {
					after = fmt.Sprint(o.Head.Status, " ", o.Length)
				}
				if after != c.after {
					t.Errorf("stored is %q, want %q", after, c.after)
				}
				if n := len(r.server.asked()); n != len(answers) && c.answers[len(c.answers)-1] != "" {
					t.Errorf("the origin was asked %d times", n)
				}
			})
		}
	}
}

// store runs a fetch that stores something, and makes s one that validates or completes it.
func (r *rig) store(s *Spec) {
	r.t.Helper()
	first := r.spec(new(client))
	if strings.HasPrefix(r.server.answers[0], "206") {
		first = r.spec(new(client), "Range: bytes=0-1")
	}
	res := r.run(alone, first)
	if _, err := content(&res); err != nil || res.Kind != Shared {
		r.t.Fatal(res.Kind, res.Refusal.Reason, err)
	}
	r.fetcher.Wait()
	o := r.stored(s)
	switch {
	case o == nil:
		r.t.Fatal("nothing is stored")
	case o.Partial != nil:
		s.Part = o
	default:
		s.Validates = o
		r.sleep(15 * time.Second)
	}
}

// If the leader leaves, its fetch goes on for the others, and a response that is not for
// them is closed: by offer or by Wait, whichever comes last.
func TestLeaderLeaves(t *testing.T) {
	for _, when := range []string{"before the response", "after it was offered"} {
		for _, answer := range []string{plain, private} {
			t.Run(when, func(t *testing.T) {
				r := newRig(t, "", answer)
				r.server.hold = make(chan struct{})
				s := r.spec(new(client))
				fill := r.join(&s)
				l := r.fetcher.Lead(s, fill)
				left := make(chan struct{})
				close(left)
				if when == "before the response" {
					if _, ok := l.Wait(left); ok {
						t.Error("the leader got a response that had not come")
					}
					close(r.server.hold)
					r.fetcher.Wait()
				} else {
					close(r.server.hold)
					for fill.Reason() == 0 && fill.Object() == nil {
						time.Sleep(time.Millisecond)
					}
					res, ok := l.Wait(left)
					if !ok {
						t.Fatal("the leader gave up, although the result was known")
					}
					if body, err := content(&res); body != "body" || err != nil {
						t.Errorf("%q %v", body, err)
					}
				}
				if l.result.response != nil {
					t.Error("a response stays with the leader")
				}
			})
		}
	}
}

// A result that nobody takes is closed with it, also if it takes the place of another one.
func TestOffer(t *testing.T) {
	r := newRig(t, "", private, private, private, private)
	s := r.spec(new(client))
	private := func() Result { return r.run(alone, s) }
	l := &Led{client: new(client)}
	l.offer(private())
	l.offer(private()) // closes the first
	first := l.result
	l.offer(Result{Kind: Failed})
	if l.result.Kind != Failed || l.result.response != nil || first.response == nil {
		t.Error("the last result offered does not count")
	}
	s = r.spec(new(client))
	l = &Led{client: new(client), fill: r.join(&s)}
	defer l.fill.Fail(ErrFault)
	l.fill.Claim()
	l.offer(private())
	left := make(chan struct{})
	close(left)
	if _, ok := l.Wait(left); ok || l.result.response != nil {
		t.Error("the leader left before it was told, and has a result")
	}
	l.offer(private()) // closes it
}

// A request that fetches for itself ends its fetch when its client leaves before the response
// is shared. After that the response goes on, and the client gets another canceller.
func TestCanceller(t *testing.T) {
	r := newRig(t, "", plain, private)
	c := new(client)
	s := r.spec(c)
	shared := r.run(alone, s)
	if shared.Canceller == nil || shared.Canceller == s.Canceller || c.watched != nil {
		t.Error("a shared response ends with its first client")
	}
	s.Canceller.Cancel()
	if body, err := content(&shared); body != "body" || err != nil {
		t.Errorf("%q %v", body, err)
	}
	s = r.spec(c)
	own := r.run(alone, s)
	if own.Canceller != nil {
		t.Error("a private response has a new canceller")
	}
	own.Close()
	own.Close()
	s.Canceller.Cancel()
	gone := r.run(alone, s)
	var fault *origin.Error
	if !errors.As(gone.Err, &fault) || fault.Kind != origin.Cancelled {
		t.Errorf("%v %v", gone.Kind, gone.Err)
	}
	r.fetcher.Wait()
}

// If the response cannot be shared in the end, it is ended with its client as before.
func TestCancellerOfTooLarge(t *testing.T) {
	r := newRig(t, "", "200 OK\nCache-Control: max-age=60\nContent-Length: 1073741824\nConnection: close\n\nbody")
	c := new(client)
	s := r.spec(c)
	res := r.run(alone, s)
	if res.Kind != Private || res.Refusal.Reason != message.ReasonTooLarge || c.watched != s.Canceller {
		t.Errorf("%v %v, watched %v", res.Kind, res.Refusal.Reason, c.watched)
	}
	res.Close()
}

// A response whose content is cut off is shared, and ends with an error. Nothing is stored.
func TestCutOff(t *testing.T) {
	for _, w := range []way{led, alone} {
		r := newRig(t, "", "200 OK\nCache-Control: max-age=60\nContent-Length: 9\nConnection: close\n\nbody")
		s := r.spec(new(client))
		res := r.run(w, s)
		if res.Kind == Shared { // otherwise it was cut off before it was looked at
			if _, err := content(&res); !errors.Is(err, store.ErrAborted) {
				t.Errorf("%s: %v", w, err)
			}
		} else if !errors.Is(res.Err, origin.ErrIncomplete) {
			t.Errorf("%s: %v %v", w, res.Kind, res.Err)
		}
		r.fetcher.Wait()
		if r.stored(&s) != nil {
			t.Errorf("%s: it is stored", w)
		}
	}
}

// A panic ends the fetch with ErrFault, wherever it happens, and closes the response. If that
// is shared already, its readers see that it was broken off.
func TestPanic(t *testing.T) {
	for _, answer := range []string{plain, private, "503 No\nContent-Length: 0\n\n"} {
		for _, w := range []way{led, alone} {
			for after := int32(1); after < 8; after++ {
				r := newRig(t, "", answer)
				s := r.spec(new(client))
				var res Result
				func() {
					defer func() { _ = recover() }() // before the fetch began
					if w == led {
						l := r.fetcher.Lead(s, r.join(&s))
						r.fault.Store(after)
						res, _ = l.Wait(nil)
						return
					}
					r.fault.Store(after)
					res = r.fetcher.Alone(s, new(Memory))
				}()
				_, err := content(&res)
				res.Close()
				r.fetcher.Wait()
				r.fault.Store(0)
				if r.panics.Load() > 0 && res.Kind == Failed && !errors.Is(res.Err, ErrFault) && err == nil {
					t.Errorf("%s, %d: %v", w, after, res.Err)
				}
			}
		}
	}
}

// A refresh is a request of the node's own. What it brings is stored; if it brings nothing,
// the next one waits, and the failure is reported.
func TestRefresh(t *testing.T) {
	for _, c := range []struct {
		name, answer string
		paused       bool
		failure      string
		stored       bool
	}{
		{"new", "200 OK\nCache-Control: max-age=9\nContent-Length: 3\n\nnew", false, "", true},
		{"renewed", "304 Not Modified\nETag: \"1\"", false, "", true},
		{"not to be stored", private, true, "", false},
		{"error", "503 No\nContent-Length: 0\n\n", true, "origin answered 503", true},
		{"refused", "403 No\nContent-Length: 0\n\n", true, "refresh refused", true},
		{"no answer", "", true, "", true},
		{"cut off", "200 OK\nCache-Control: max-age=60\nContent-Length: 9\nConnection: close\n\nbody", true, "", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, "", plain, c.answer)
			s := r.spec(new(client), "Cookie: session=alice", "User-Agent: x")
			r.store(&s)
			if !r.state.BeginRefresh() {
				t.Fatal("no slot")
			}
			r.fetcher.Refresh(s, r.join(&s), s.Validates.Key)
			r.fetcher.Wait()
			if got := r.fetcher.Paused(s.Primary, r.clock()); got != c.paused {
				t.Errorf("paused: %v", got)
			}
			if got := strings.Join(r.failed, "; "); !strings.Contains(got, c.failure) || got != "" && !c.paused {
				t.Errorf("reported: %q", got)
			}
			if got := r.stored(&s) != nil; got != c.stored {
				t.Errorf("stored: %v", got)
			}
			if q := r.server.asked()[1]; q.Get("Cookie") != "" || q.Get("If-None-Match") != `"1"` {
				t.Errorf("asked with %v", q)
			}
			if n := r.state.refreshes.taken.Load(); n != 0 {
				t.Errorf("%d slots are taken", n)
			}
		})
	}
}

// An adopted response is shared like one that was fetched, or stays its owner's.
func TestAdopt(t *testing.T) {
	for _, c := range []struct {
		answer string
		adopts bool
	}{{plain, true}, {private, false}, {part, false}} {
		r := newRig(t, "", c.answer)
		s := r.spec(new(client))
		m := new(Memory)
		trial, err := r.fetcher.Try(s.Canceller, s, &m.Upstream)
		if err != nil {
			t.Fatal(err)
		}
		res, moved := r.fetcher.Adopt(s, m, trial.Response, r.clock())
		if (moved != nil) != c.adopts {
			t.Fatalf("%s: adopted: %v", c.answer, moved != nil)
		}
		if moved == nil {
			trial.Response.Close()
			continue
		}
		if body, err := content(&res); body != "body" || err != nil {
			t.Errorf("%q %v", body, err)
		}
		<-moved
		if r.stored(&s) == nil {
			t.Error("not stored")
		}
	}
}

// Informational responses go to the leader while it waits, and to nobody later.
func TestInterim(t *testing.T) {
	r := newRig(t, "", "103 Early Hints\nLink: </x>\n\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
	c := new(client)
	res := r.run(led, r.spec(c))
	res.Close()
	if len(c.interim) != 1 || c.interim[0] != 103 {
		t.Errorf("%v", c.interim)
	}
	if l := new(Led); l.Interim(103, nil) != nil {
		t.Error("a client that has left got an informational response")
	}
}
