package edge

import (
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"brink/edge/message"
)

// sized answers with as many bytes as the path says, without a length below
// /chunked.
func sized(a *ask) {
	var n int
	fmt.Sscanf(strings.TrimPrefix(a.target, "/chunked"), "/%d", &n)
	body := strings.Repeat("x", n)
	if strings.HasPrefix(a.target, "/chunked") {
		a.begin(200, -1, "Cache-Control: max-age=60")
		a.say(fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", n, body))
		return
	}
	a.give(200, body, "Cache-Control: max-age=60")
}

// The reason of a response that is too large gives its length and the limit, of the rule
// or of the store. The store's limit includes the head.
func TestTooLargeSaysHowLarge(t *testing.T) {
	r := newRig(t, `
  path "/20" { max_object = "10" }
  path "/chunked/20" { max_object = "10" }
  path "/chunked/10" { max_object = "10" }`, sized)
	const mebibyte = 1 << 20 // what a store of 64 MiB takes, head included
	for _, c := range []struct {
		target      string
		length      int
		least, most int // of the limit; 0: it is stored
	}{
		{"/20", 20, 10, 10},
		{"/19", 19, 0, 0},
		{"/2000000", 2e6, mebibyte - 16384, mebibyte},
		{"/1048570", 1048570, mebibyte - 16384, mebibyte}, // with its head
		{"/1000000", 1e6, 0, 0},
		{"/chunked/2000000", 2e6, mebibyte - 16384, mebibyte},
		{"/chunked/20", 20, 10, 10},
		{"/chunked/10", 10, 0, 0},
	} {
		c0 := r.client()
		c0.ask("GET", c.target)
		c0.serve()
		g := c0.reply()
		if body, err := c0.content(); len(body) != c.length || err != nil {
			t.Fatalf("%s: %d bytes, %v", c.target, len(body), err)
		}
		r.quiet()
		c0.done()
		s := c0.x.State.(*exchange).status
		if stored := r.stored(c.target) != nil; stored != (c.most == 0) || s.Stored != stored {
			t.Errorf("%s: stored %v, said %v", c.target, stored, s.Stored)
		}
		var length, limit int
		fmt.Sscanf(s.Detail, "%d/%d", &length, &limit)
		if c.most == 0 {
			if s.Detail != "" || s.Store != message.ReasonNone {
				t.Errorf("%s: %v %q", c.target, s.Store, s.Detail)
			}
			continue
		}
		if s.Store != message.ReasonTooLarge || length != c.length || limit < c.least || limit > c.most || limit >= length {
			t.Errorf("%s: %v %q", c.target, s.Store, s.Detail)
		}
		if want := "detail=too-large:" + s.Detail; !strings.Contains(g.cache, want) && !strings.HasPrefix(c.target, "/chunked") {
			t.Errorf("%s: %s", c.target, g.cache)
		}
	}
}

func TestExplainTooLarge(t *testing.T) {
	r := newRig(t, `path "/20" { max_object = "10" }`, sized)
	for target, want := range map[string]OriginsAnswer{
		"/20":      {Status: 200, Why: "too-large", Length: 20, Limit: 10},
		"/19":      {Status: 200, Stores: true, Length: 19},
		"/2000000": {Status: 200, Why: "too-large", Length: 2e6, Limit: 1 << 20},
	} {
		e, err := r.node.Explain(t.Context(), Question{URL: "http://a.test" + target, Ask: true})
		if err != nil {
			t.Fatal(err)
		}
		o := e.Origin
		got := OriginsAnswer{Status: o.Status, Stores: o.Stores, Why: o.Why, Length: o.Length, Limit: o.Limit}
		if target == "/2000000" && got.Limit < 1<<20 && got.Limit > 1<<20-16384 {
			got.Limit = 1 << 20
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, want %+v", target, got, want)
		}
	}
}

// The node's own log says it, too, where it tells that much.
func TestTooLargeIsLogged(t *testing.T) {
	r := newRig(t, `path "/20" { max_object = "10" }`, sized)
	for level, want := range map[slog.Level]string{
		slog.LevelInfo:  "",
		slog.LevelDebug: `msg="response not stored" url=http://a.test/20 reason=too-large detail=20/10`,
	} {
		var log logText
		r.node.log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: level}))
		r.get("/20")
		if got := log.String(); want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%v: %q", level, got)
		}
	}
}
