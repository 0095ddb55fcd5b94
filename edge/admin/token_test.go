package admin

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"brink/conf"
	"brink/edge"
)

// scoped returns a server with the token "s3cret" for everything, and others with a scope. The
// text of each of these is its name.
func scoped(n *fakeNode, tokens ...conf.Token) *Server {
	s := server(n, "s3cret")
	s.Apply(admits(tokens...))
	return s
}

func admits(tokens ...conf.Token) *conf.Admin {
	for i := range tokens {
		tokens[i].Text = tokens[i].Name
		if tokens[i].Burst == 0 {
			tokens[i].Burst = maxOrderItems
		}
		if tokens[i].May == nil {
			tokens[i].May = []string{"purge"}
		}
	}
	return &conf.Admin{Token: "s3cret", Tokens: tokens}
}

func bearer(token string) func(*http.Request) { return field("Authorization", "Bearer "+token) }

func TestScope(t *testing.T) {
	tokens := []conf.Token{
		{Name: "any"},
		{Name: "shop", Sites: []string{"shop"}},
		{Name: "both", Sites: []string{"shop", "talk"}},
		{Name: "tags", Purges: []string{"tag", "url"}},
		{Name: "soft", SoftOnly: true},
		{Name: "all", Sites: []string{"shop", "talk"}, Purges: []string{"all"}},
	}
	for _, c := range []struct{ token, body, want string }{ // what is purged, or after "!" what the refusal says
		{"any", `{"all":true}`, "a:"},
		{"any", `{"hosts":["other.example"]}`, "h:other.example"},
		{"any", `{"tags":["a"]}`, "t:a"},

		{"shop", `{"urls":["http://shop.example/a"],"prefixes":["s.example/"],"hosts":["s.example"]}`, "u:http://shop.example/a p:s.example/ h:s.example"},
		{"shop", `{"urls":["http://shop.example/a","http://talk.example/"]}`, `!urls[1]: "http://talk.example/" is of no site of the token's, shop`},
		{"shop", `{"urls":["http://other.example/"]}`, `!urls[0]`},
		{"shop", `{"prefixes":["talk.example/"]}`, `!prefixes[0]`},
		{"shop", `{"hosts":["talk.example"]}`, `!hosts[0]`},
		{"shop", `{"tags":["a","b"]}`, "T:a@shop T:b@shop"},
		{"shop", `{"all":true}`, "s:shop"},
		{"shop", `{"sites":["shop"]}`, "s:shop"},
		{"shop", `{"sites":["shop","talk"]}`, `!sites[1]: the token is not for site "talk"`},
		{"shop", `{"tags":["a"],"sites":["talk"]}`, `!sites[0]`},
		{"shop", `{"sites":["nothing"]}`, `!sites[0]`}, // does not learn what there is
		{"shop", `{"tags":["a"],"sites":["shop"]}`, "T:a@shop"},

		{"both", `{"tags":["a"]}`, "T:a@shop T:a@talk"},
		{"both", `{"tags":["a"],"sites":["talk"]}`, "T:a@talk"},
		{"both", `{"all":true,"soft":true}`, "s:shop~ s:talk~"},
		{"both", `{"hosts":["shop.example","talk.example"]}`, "h:shop.example h:talk.example"},

		{"tags", `{"tags":["a"],"urls":["shop.example/"]}`, "u:shop.example/ t:a"},
		{"tags", `{"tags":["a"],"hosts":[]}`, "t:a"},
		{"tags", `{"tags":["a"],"hosts":["shop.example"]}`, "!hosts: the token may not purge this way, only by tag, url"},
		{"tags", `{"all":true}`, "!all: the token may not"},
		{"tags", `{"sites":["shop"]}`, "!sites: the token may not"},
		{"tags", `{"tags":["a"],"sites":["shop"]}`, "T:a@shop"},

		{"soft", `{"all":true,"soft":true}`, "a:~"},
		{"soft", `{"all":true}`, `!softly`},
		{"soft", `{"all":true,"soft":false}`, `!softly`},

		{"all", `{"all":true}`, "s:shop s:talk"},
		{"all", `{"sites":["shop"]}`, "!sites: the token may not purge this way, only by all"},
	} {
		n := &fakeNode{}
		w := post(scoped(n, tokens...), c.body, bearer(c.token))
		if message, refused := strings.CutPrefix(c.want, "!"); refused {
			wantError(t, c.token+" "+c.body, w, 403, "out_of_scope")
			if !strings.Contains(w.Body.String(), strings.ReplaceAll(message, `"`, `\"`)) || n.purger.calls != nil {
				t.Errorf("%s %s: %s, purged %q", c.token, c.body, w.Body, n.purger.last())
			}
			continue
		}
		if w.Code != 200 || n.purger.last() != c.want {
			t.Errorf("%s %s: %d %s, purged %q, want %q", c.token, c.body, w.Code, w.Body, n.purger.last(), c.want)
		}
	}
}

// A token that may read may use every route that changes nothing, here or at the origin. It may
// not take profiles, which are expensive.
func TestReading(t *testing.T) {
	n := &fakeNode{}
	s := scoped(n, conf.Token{Name: "monitor", May: []string{"read"}}, conf.Token{Name: "both", May: []string{"read", "purge"}})
	const explain = "/v1/explain?url=http%3A%2F%2Fa.test%2F"
	for _, c := range []struct {
		method, path string
		monitor      int
		both         int
	}{
		{"GET", "/", 200, 200},
		{"GET", "/metrics", 200, 200},
		{"GET", "/v1/stats", 200, 200},
		{"GET", "/v1/openapi.json", 200, 200},
		{"GET", "/debug/fills", 200, 200},
		{"GET", "/debug/disk", 200, 200},
		{"GET", "/debug/object?url=http%3A%2F%2Fa.test%2F", 200, 200},
		{"GET", explain, 200, 200},
		{"GET", explain + "&method=PURGE", 200, 200},
		{"GET", explain + "&ask=1", 403, 403},
		{"GET", explain + "&method=POST&ask=1", 403, 403},
		{"POST", "/v1/reload", 403, 403},
		{"GET", "/debug/pprof/", 403, 403},
		{"GET", "/debug/pprof/cmdline", 403, 403},
		{"GET", "/v1/purge/1", 403, 404},
		{"POST", "/v1/stats", 405, 405},
		{"GET", "/nothing", 403, 403},
	} {
		for token, want := range map[string]int{"monitor": c.monitor, "both": c.both} {
			n.asked = edge.Question{}
			w := call(s, c.method, c.path, bearer(token))
			if w.Code != want || n.asked.Ask {
				t.Errorf("%s %s %s: %d %s, want %d", token, c.method, c.path, w.Code, w.Body, want)
			}
			if want == 403 {
				wantError(t, c.path, w, 403, "out_of_scope")
			}
		}
	}
	wantError(t, "monitor", post(s, `{"all":true}`, bearer("monitor")), 403, "out_of_scope")
	if w := post(s, `{"all":true}`, bearer("both")); w.Code != 200 || len(n.purger.calls) != 1 {
		t.Errorf("both: %d", w.Code)
	}
	if w := call(s, "GET", explain+"&ask=1", bearer("s3cret")); w.Code != 200 || !n.asked.Ask {
		t.Errorf("the token for everything: %d", w.Code)
	}
}

// A token block without a "may" setting makes a token that may only purge.
func TestScopeOfRoutes(t *testing.T) {
	s := scoped(&fakeNode{}, conf.Token{Name: "shop"})
	for i := range s.routes {
		r := &s.routes[i]
		w := call(s, r.method, r.path, bearer("shop"))
		switch r.who {
		case forAll, forReads:
			wantError(t, r.path, w, 403, "out_of_scope")
		case forHealth:
			if w.Code != 200 {
				t.Errorf("%s: %d", r.path, w.Code)
			}
		case forPurges:
			if w.Code == 401 || w.Code == 403 {
				t.Errorf("%s: %d", r.path, w.Code)
			}
		}
	}
	wantError(t, "nothing", call(s, "GET", "/nothing", bearer("shop")), 403, "out_of_scope")
	wantError(t, "the other method", call(s, "GET", "/v1/purge", bearer("shop")), 405, "method_not_allowed")
	for _, wrong := range []string{"", "sho", "shopp", "SHOP"} {
		wantError(t, wrong, post(s, `{"all":true}`, bearer(wrong)), 401, "unauthorized")
	}
	wantError(t, "not a bearer", post(s, `{"all":true}`, field("Authorization", "Basic shop")), 401, "unauthorized")
	if w := post(s, `{"all":true}`, bearer("s3cret")); w.Code != 200 {
		t.Errorf("the token for everything: %d", w.Code)
	}
}

func TestRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &fakeNode{}
		slow := conf.Token{Name: "slow", Rate: 2, Burst: 10}
		s := scoped(n, slow, conf.Token{Name: "other", Rate: 2, Burst: 10})
		tags := func(n int) string { return `{"tags":[` + strings.Repeat(`"a",`, n-1) + `"a"]}` }
		ask := func(what string, body string, status int, after string) {
			t.Helper()
			w := post(s, body, bearer("slow"))
			if w.Code != status || w.Header().Get("Retry-After") != after {
				t.Errorf("%s: %d, Retry-After %q, want %d, %q", what, w.Code, w.Header().Get("Retry-After"), status, after)
			}
		}
		ask("more than ever may come at once", tags(11), 413, "")
		time.Sleep(time.Minute)
		ask("all at once", tags(10), 200, "")
		ask("none is left", tags(1), 429, "1")
		time.Sleep(500 * time.Millisecond)
		ask("one is left", tags(3), 429, "1")
		ask("one is left still", tags(1), 200, "")
		ask("a long wait", tags(1), 429, "1")
		time.Sleep(time.Second)
		ask("two are left", tags(10), 429, "4")
		time.Sleep(4 * time.Second)
		ask("who waits as told is served", tags(10), 200, "")

		if w := post(s, tags(10), bearer("other")); w.Code != 200 {
			t.Errorf("another token: %d", w.Code)
		}
		s.Apply(admits(slow, conf.Token{Name: "new", Rate: 2, Burst: 10}))
		ask("a reload gives nothing", tags(1), 429, "1")
		wantError(t, "a token that is gone", post(s, tags(1), bearer("other")), 401, "unauthorized")
		if w := post(s, tags(10), bearer("new")); w.Code != 200 {
			t.Errorf("a new token: %d", w.Code)
		}

		time.Sleep(time.Minute)
		for range 10 {
			ask("what is wrong costs one", `{}`, 400, "")
		}
		ask("and no more", tags(1), 429, "1")
		if w := post(s, tags(1000), bearer("s3cret")); w.Code != 200 {
			t.Errorf("the token for everything has a rate: %d", w.Code)
		}
	})
}

// The rate holds for any number of calls at a time.
func TestRateTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &fakeNode{}
		s := scoped(n, conf.Token{Name: "slow", Rate: 1, Burst: 100})
		codes := make(chan int)
		for range 50 {
			go func() { codes <- post(s, `{"tags":["a","b","c","d","e"]}`, bearer("slow")).Code }()
		}
		count := map[int]int{}
		for range 50 {
			count[<-codes]++
		}
		if count[200] != 20 || count[429] != 30 || len(n.purger.calls) != 20 {
			t.Errorf("%v, %s purges", count, strconv.Itoa(len(n.purger.calls)))
		}
	})
}
