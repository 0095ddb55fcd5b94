package admin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"brink/conf"
	"brink/purge"
)

// fakePurger numbers the items that it gets. The first letter of a host is its site, s or t.
// Other hosts have no site.
type fakePurger struct {
	err   error         // of Purge
	hold  chan struct{} // nil: purges are applied at once
	begun chan struct{} // gets one for each purge that is held

	mu    sync.Mutex
	calls [][]purge.Item

	behind NodeState     // of edge-2; empty: it is not there
	waited time.Duration // by Applied, at most
}

func (p *fakePurger) PurgedSite(item purge.Item) (string, error) {
	name := item.Name
	switch item.Kind {
	case purge.Site:
		if name == "shop" || name == "talk" {
			return name, nil
		}
		return "", fmt.Errorf("there is no site %q", name)
	case purge.SiteTag:
		return p.PurgedSite(purge.Item{Kind: purge.Site, Name: item.Site})
	case purge.Tag, purge.All:
		return "", nil
	}
	switch name = strings.TrimPrefix(name, "http://"); name[0] {
	case 's':
		return "shop", nil
	case 't':
		return "talk", nil
	case '/':
		return "", fmt.Errorf("%q: malformed host", item.Name)
	}
	return "", nil
}

func (p *fakePurger) Purge(_ context.Context, items []purge.Item) (Receipt, error) {
	if p.hold != nil {
		p.begun <- struct{}{}
		<-p.hold
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil && !errors.Is(p.err, purge.ErrNotDurable) {
		return Receipt{}, p.err
	}
	p.calls = append(p.calls, items)
	seq := purge.Seq(len(p.calls))
	if p.err != nil {
		return Receipt{Seq: seq, Nodes: map[string]NodeState{"edge-1": NotDurable}}, p.err
	}
	return appliedOnce(seq), nil
}

// fakeTime is when the nodes of a fakePurger apply a purge. appliedAt is that in a receipt.
var (
	fakeTime  = time.Date(2026, 1, 2, 3, 4, 5, 6_000_000, time.UTC)
	appliedAt = `"applied_at":{"edge-1":"2026-01-02T03:04:05.006Z"}`
)

func appliedOnce(seq purge.Seq) Receipt {
	return Receipt{Seq: seq, Nodes: map[string]NodeState{"edge-1": Applied}, AppliedAt: map[string]time.Time{"edge-1": fakeTime}}
}

func (p *fakePurger) Applied(ctx context.Context, seq purge.Seq) Receipt {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waited = 0
	if end, limited := ctx.Deadline(); limited {
		p.waited = time.Until(end)
	}
	r := appliedOnce(seq)
	switch p.behind {
	case "":
	case Applied:
		r.AppliedAt["edge-2"] = fakeTime
		fallthrough
	default:
		r.Nodes["edge-2"] = p.behind
	}
	return r
}

// last returns the items of the last purge, as text.
func (p *fakePurger) last() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.calls) == 0 {
		return ""
	}
	var words []string
	for _, i := range p.calls[len(p.calls)-1] {
		word := string(rune(i.Kind)) + ":" + i.Name
		if i.Site != "" {
			word += "@" + i.Site
		}
		if i.Soft {
			word += "~"
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

func post(s *Server, content string, edits ...func(*http.Request)) *httptest.ResponseRecorder {
	return call(s, "POST", "/v1/purge", append(edits, body(strings.NewReader(content), int64(len(content))))...)
}

func TestPurge(t *testing.T) {
	for _, c := range []struct{ body, purged string }{
		{`{"urls":["http://shop.example/a?b"]}`, "u:http://shop.example/a?b"},
		{`{"urls":["shop.example/a","shop.example/b"]}`, "u:shop.example/a u:shop.example/b"},
		{`{"prefixes":["shop.example/a/"]}`, "p:shop.example/a/"},
		{`{"hosts":["shop.example"],"soft":true}`, "h:shop.example~"},
		{`{"sites":["shop","talk"]}`, "s:shop s:talk"},
		{`{"all":true}`, "a:"},
		{`{"all":true,"soft":false,"wait":"fleet"}`, "a:"},
		{`{"tags":["*"]}`, "t:*"}, // is a name like any other
		{`{"tags":["a","b c","\u00e4\"\n"]}`, "t:a t:b c t:ä\"\n"},
		{`{"tags":["a","b"],"sites":["shop","talk"]}`, "T:a@shop T:a@talk T:b@shop T:b@talk"},
		{`{"tags":["a"],"sites":["shop"],"urls":["talk.example/"]}`, "u:talk.example/ T:a@shop"},
		{`{"urls":null,"hosts":[],"prefixes":["shop.example"],"all":false,"soft":null}`, "p:shop.example"},
	} {
		n := &fakeNode{}
		w := post(server(n, ""), c.body, field("Content-Type", "application/json"))
		if w.Code != 200 || compact(t, w) != `{"seq":1,"nodes":{"edge-1":"applied"},`+appliedAt+`}` || n.purger.last() != c.purged {
			t.Errorf("%s: %d %s, purged %q, want %q", c.body, w.Code, w.Body, n.purger.last(), c.purged)
		}
	}
}

// A call that waits for the fleet is answered with 200 only if all nodes have applied the
// purge. Otherwise the answer says which nodes have not. The receipt of a call that did not
// wait says that later.
func TestWait(t *testing.T) {
	for _, c := range []struct {
		body   string
		behind NodeState
		status int
		nodes  string // in the answer
		waited time.Duration
		later  string // in the receipt
	}{
		{`{"all":true}`, Behind, 200, `"edge-1":"applied"}`, 0, `"edge-1":"applied","edge-2":"behind"}`},
		{`{"all":true,"wait":"node","timeout":"1s"}`, Applied, 200, `"edge-1":"applied"}`, 0, `"edge-1":"applied","edge-2":"applied"}`},
		{`{"all":true,"wait":"fleet"}`, Applied, 200, `"edge-1":"applied","edge-2":"applied"}`, 10 * time.Second, `"edge-1":"applied","edge-2":"applied"}`},
		{`{"all":true,"wait":"fleet"}`, Behind, 202, `"edge-1":"applied","edge-2":"behind"}`, 10 * time.Second, `"edge-1":"applied","edge-2":"behind"}`},
		{`{"timeout":"1.5s","all":true,"wait":"fleet"}`, Missing, 202, `"edge-1":"applied","edge-2":"missing"}`, 1500 * time.Millisecond, `"edge-1":"applied","edge-2":"missing"}`},
		{`{"all":true,"wait":"fleet","timeout":"1m"}`, "", 200, `"edge-1":"applied"}`, time.Minute, `"edge-1":"applied"}`},
	} {
		synctest.Test(t, func(t *testing.T) {
			n := &fakeNode{purger: &fakePurger{behind: c.behind}}
			s := server(n, "")
			w := post(s, c.body, field("Content-Type", "application/json"))
			if w.Code != c.status || !strings.Contains(compact(t, w), c.nodes) || n.purger.waited != c.waited {
				t.Errorf("%s: %d %s, waited %v", c.body, w.Code, w.Body, n.purger.waited)
			}
			if w = call(s, "GET", "/v1/purge/1"); w.Code != 200 || !strings.Contains(compact(t, w), c.later) {
				t.Errorf("%s, later: %d %s", c.body, w.Code, w.Body)
			}
			if known := strings.Contains(w.Body.String(), `"edge-2": "20`); known != (c.behind == Applied) {
				t.Errorf("%s: it is known when: %v", c.body, known)
			}
		})
	}
}

// A call is repeated before all nodes have applied its purge: it gets the same answer.
func TestRepeatBehind(t *testing.T) {
	n := &fakeNode{purger: &fakePurger{behind: Behind}}
	s := server(n, "")
	for i := range 2 {
		w := post(s, `{"all":true,"wait":"fleet"}`, field("Content-Type", "application/json"), field("Idempotency-Key", "k"))
		if w.Code != 202 || (w.Header().Get("Idempotent-Replayed") != "") != (i == 1) || len(n.purger.calls) != 1 {
			t.Errorf("%d: %d %v, %d calls", i, w.Code, w.Header(), len(n.purger.calls))
		}
	}
}

// The answer to a wrong order names the fault, and nothing is purged.
func TestBadPurge(t *testing.T) {
	many := `"` + strings.Repeat(`a","`, maxOrderItems/2) + `a"`
	for _, c := range []struct {
		body   string
		status int
		wants  string // in the message
	}{
		{``, 400, "not a JSON object"},
		{`null`, 400, "nothing is named"},
		{`{}`, 400, "nothing is named"},
		{`{"soft":true}`, 400, "nothing is named"},
		{`{"all":false}`, 400, "nothing is named"},
		{`{"urls":[],"tags":[]}`, 400, "nothing is named"},
		{`{"tags":[],"sites":["shop"]}`, 400, "nothing is named"}, // not the whole site
		{`{"tags":null,"sites":["shop"]}`, 400, "nothing is named"},
		{`[]`, 400, "not a JSON object"},
		{`{"all":true`, 400, "not a JSON object"},
		{`{"all":true} {}`, 400, "not a JSON object"},
		{"{\"tags\":[\"\xff\"]}", 400, "not UTF-8"},
		{strings.Repeat(`[`, 20000), 400, "not a JSON object"},
		{`{"url":["shop.example/"]}`, 400, `there is no "url"`},
		{`{"URLs":["shop.example/"]}`, 400, `there is no "URLs"`},
		{`{"urls":["shop.example/"],"dry_run":true}`, 400, `there is no "dry_run"`},
		{`{"urls":"shop.example/"}`, 400, "urls is not a list"},
		{`{"urls":{"0":"shop.example/"}}`, 400, "urls is not a list"},
		{`{"tags":["a",1]}`, 400, "tags[1] is not a text"},
		{`{"tags":["a",["b"]]}`, 400, "tags[1] is not a text"},
		{`{"tags":["a","b",""]}`, 400, "tags[2] is empty"},
		{`{"hosts":[null]}`, 400, "hosts[0] is empty"},
		{`{"all":"true"}`, 400, "all is neither"},
		{`{"all":1}`, 400, "all is neither"},
		{`{"all":true,"all":null}`, 400, `"all" is there twice`},
		{`{"tags":["a"],"soft":true,"tag\u0073":["b"]}`, 400, `"tags" is there twice`},
		{`{"all":true,"soft":"yes"}`, 400, "soft is neither"},
		{`{"all":true,"wait":"all"}`, 400, "wait"},
		{`{"all":true,"timeout":"5"}`, 400, "timeout"},
		{`{"all":true,"timeout":5}`, 400, "timeout"},
		{`{"all":true,"timeout":"0s"}`, 400, "timeout"},
		{`{"all":true,"timeout":"-1s"}`, 400, "timeout"},
		{`{"all":true,"timeout":"61s"}`, 400, "timeout"},
		{`{"all":true,"timeout":null}`, 400, "timeout"},
		{`{"all":true,"wait":1}`, 400, "wait"},
		{`{"all":true,"wait":""}`, 400, "wait"},
		{`{"urls":["shop.example/","/a"]}`, 400, `urls[1]: "/a"`},
		{`{"prefixes":["shop.example/","shop.example/*/a"]}`, 501, `prefixes[1]: the pattern is not taken: "shop.example/*/a" has a * that is not the end of a path`},
		{`{"urls":["shop.example/*.jpg"]}`, 501, "urls[0]: the pattern is not taken"},
		{`{"hosts":["*.shop.example"]}`, 501, "hosts[0]: the pattern is not taken"},
		{`{"sites":["shop","shp"]}`, 400, `sites[1]: there is no site "shp"`},
		{`{"tags":["a"],"sites":["shp"]}`, 400, `tags[0]: there is no site "shp"`},
		{`{"urls":["/` + strings.Repeat("a", 5000) + `"]}`, 400, "..."},
		{`{"tags":[` + many + `],"hosts":[` + many + `]}`, 413, "more than 10000 items"},
		{`{"tags":[` + many + `],"sites":["shop","talk"]}`, 413, "more than 10000 items"},
		{`{"tags":["` + strings.Repeat("a", maxOrderBody) + `"]}`, 413, "too large"},
	} {
		n := &fakeNode{}
		w := post(server(n, ""), c.body)
		code := map[int]string{400: "bad_purge", 413: "too_many_items", 501: "purge_pattern"}[c.status]
		if c.wants == "too large" {
			code = "body_too_large"
		}
		shown := c.body[:min(len(c.body), 60)]
		wantError(t, shown, w, c.status, code)
		if !strings.Contains(w.Body.String(), strings.ReplaceAll(c.wants, `"`, `\"`)) || w.Body.Len() > 1000 {
			t.Errorf("%s: %s", shown, w.Body)
		}
		if n.purger.calls != nil {
			t.Errorf("%s: purged %q", shown, n.purger.last())
		}
	}
}

// A URL that ends in a star is a prefix: a token that may purge only URLs may not send it. The
// node gets it as it was sent.
func TestPurgePatterns(t *testing.T) {
	n := &fakeNode{}
	s := scoped(n, conf.Token{Name: "urls", Purges: []string{"url"}}, conf.Token{Name: "both", Purges: []string{"url", "prefix"}})
	const body = `{"urls":["http://shop.example/a/*"]}`
	wantError(t, body, post(s, body, bearer("urls")), 403, "out_of_scope")
	if w := post(s, body, bearer("both")); w.Code != 200 || n.purger.last() != "u:http://shop.example/a/*" {
		t.Errorf("%d %s, purged %s", w.Code, w.Body, n.purger.last())
	}
}

// Names that match no site are purged, too. The answer and the receipt warn of them.
func TestPurgeWithoutSite(t *testing.T) {
	n := &fakeNode{}
	s := server(n, "")
	const warnings = `"warnings":[{"item":"urls[1]","name":"http://other.example/","message":"matches no site"},{"item":"hosts[0]","name":"other.example","message":"matches no site"}]`
	w := post(s, `{"urls":["shop.example/","http://other.example/"],"hosts":["other.example"],"tags":["a"],"all":true}`)
	if got := compact(t, w); w.Code != 200 || !strings.Contains(got, warnings) || len(n.purger.calls[0]) != 5 {
		t.Errorf("%d %s", w.Code, got)
	}
	if got := compact(t, call(s, "GET", "/v1/purge/1")); !strings.Contains(got, warnings) {
		t.Errorf("receipt %s", got)
	}
	w = post(s, `{"urls":["`+strings.Repeat(`other.example/","`, maxWarnings+1)+`other.example/"]}`)
	if got := compact(t, w); strings.Count(got, `"matches no site"`) != maxWarnings || !strings.Contains(got, `{"message":"2 more items match no site"}`) {
		t.Errorf("%d %s", w.Code, got)
	}
}

func TestPurgeLimit(t *testing.T) {
	n := &fakeNode{}
	w := post(server(n, ""), `{"tags":["`+strings.Repeat(`a","`, maxOrderItems-1)+`a"]}`)
	if w.Code != 200 || len(n.purger.calls[0]) != maxOrderItems {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestPurgeFailure(t *testing.T) {
	n := &fakeNode{purger: &fakePurger{err: fmt.Errorf("%w: no space", purge.ErrNotDurable)}}
	w := post(server(n, ""), `{"all":true}`)
	if got := compact(t, w); w.Code != 503 || !strings.Contains(got, `"code":"not_durable"`) ||
		!strings.HasSuffix(got, `"seq":1,"nodes":{"edge-1":"not_durable"}}`) {
		t.Errorf("%d %s", w.Code, got)
	}
	n.purger.err = fmt.Errorf("%w: no server", purge.ErrNotSent)
	w = post(server(n, ""), `{"all":true}`)
	if got := compact(t, w); w.Code != 503 || !strings.Contains(got, `"code":"not_sent"`) || !strings.Contains(got, `"seq":2,"nodes":`) {
		t.Errorf("%d %s", w.Code, got)
	}
	n.purger.err = errors.New("the fleet is out of reach")
	wantError(t, "failed", post(server(n, ""), `{"all":true}`), 503, "not_purged")
}
