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

	"brink/purge"
)

// fakePurger numbers what it is given. Hosts are those of the site of their first
// letter, s or t; there are no others.
type fakePurger struct {
	err   error         // of Purge
	hold  chan struct{} // nil: purges are applied at once
	begun chan struct{} // gets one for each purge that is held

	mu    sync.Mutex
	calls [][]purge.Item
	wait  Wait // last
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

func (p *fakePurger) Purge(_ context.Context, items []purge.Item, wait Wait) (Receipt, error) {
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
	p.wait = wait
	r := Receipt{Seq: purge.Seq(len(p.calls)), Nodes: map[string]NodeState{"edge-1": Applied}}
	if p.err != nil {
		r.Nodes["edge-1"] = NotDurable
	}
	return r, p.err
}

// last is what was purged last, as text.
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
		if w.Code != 200 || compact(t, w) != `{"seq":1,"nodes":{"edge-1":"applied"}}` || n.purger.last() != c.purged {
			t.Errorf("%s: %d %s, purged %q, want %q", c.body, w.Code, w.Body, n.purger.last(), c.purged)
		}
		if fleet := strings.Contains(c.body, "fleet"); fleet != (n.purger.wait == WaitFleet) {
			t.Errorf("%s: wait %q", c.body, n.purger.wait)
		}
	}
}

// What is wrong is named, and nothing is purged.
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
		{`{"all":true,"wait":1}`, 400, "wait"},
		{`{"all":true,"wait":""}`, 400, "wait"},
		{`{"urls":["shop.example/","/a"]}`, 400, `urls[1]: "/a"`},
		{`{"prefixes":["shop.example/","shop.example/a/*"]}`, 400, "prefixes[1]"},
		{`{"sites":["shop","shp"]}`, 400, `sites[1]: there is no site "shp"`},
		{`{"tags":["a"],"sites":["shp"]}`, 400, `tags[0]: there is no site "shp"`},
		{`{"urls":["/` + strings.Repeat("a", 5000) + `"]}`, 400, "..."},
		{`{"tags":[` + many + `],"hosts":[` + many + `]}`, 413, "more than 10000 items"},
		{`{"tags":[` + many + `],"sites":["shop","talk"]}`, 413, "more than 10000 items"},
		{`{"tags":["` + strings.Repeat("a", maxOrderBody) + `"]}`, 413, "too large"},
	} {
		n := &fakeNode{}
		w := post(server(n, ""), c.body)
		code := map[int]string{400: "bad_purge", 413: "too_many_items"}[c.status]
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
