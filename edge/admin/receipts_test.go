package admin

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"brink/conf"
	"brink/purge"
)

func TestReceipt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &fakeNode{}
		s := scoped(n, conf.Token{Name: "shop", Sites: []string{"shop", "talk"}}, conf.Token{Name: "other"})
		post(s, `{"tags":["a","b"],"soft":true}`, bearer("shop"))
		n.purger.err = fmt.Errorf("%w: no space", purge.ErrNotDurable)
		post(s, `{"all":true}`, bearer("s3cret"))
		post(s, `{"all":1}`, bearer("s3cret"))

		at, _ := json.Marshal(time.Now().UTC())
		first := `{"seq":1,"nodes":{"edge-1":"applied"},` + appliedAt + `,"at":` + string(at) + `,"items":4,"soft":true}`
		second := `{"seq":2,"nodes":{"edge-1":"not_durable"},"at":` + string(at) + `,"items":1,"soft":false}`
		for _, c := range []struct{ token, seq, want string }{
			{"shop", "1", first},
			{"s3cret", "1", first},
			{"s3cret", "2", second},
			{"other", "1", ""},
			{"shop", "2", ""},
			{"s3cret", "3", ""},
			{"s3cret", "0", ""},
			{"s3cret", "-1", ""},
			{"s3cret", "1x", ""},
			{"s3cret", "99999999999999999999", ""},
		} {
			w := call(s, "GET", "/v1/purge/"+c.seq, bearer(c.token))
			if c.want == "" {
				wantError(t, c.token+" "+c.seq, w, 404, "no_receipt")
			} else if w.Code != 200 || compact(t, w) != c.want {
				t.Errorf("%s %s: %d %s", c.token, c.seq, w.Code, w.Body)
			}
		}
		for _, path := range []string{"/v1/purge/", "/v1/purge/1/2"} {
			wantError(t, path, call(s, "GET", path, bearer("s3cret")), 404, "not_found")
		}
	})
}

// The oldest receipts are dropped.
func TestReceiptsBounded(t *testing.T) {
	var r receipts
	for seq := purge.Seq(1); seq <= 3*maxReceipts; seq++ {
		r.keep(&kept{Receipt: Receipt{Seq: 2 * seq}})
	}
	if len(r.bySeq) != maxReceipts {
		t.Errorf("%d are kept", len(r.bySeq))
	}
	for seq := purge.Seq(1); seq <= 3*maxReceipts; seq++ {
		if there := r.find(2*seq, new(token)) != nil; there != (seq > 2*maxReceipts) {
			t.Fatalf("%d: %v", seq, there)
		}
	}
}

// Calls with the same number have a receipt each.
func TestReceiptsOfOneNumber(t *testing.T) {
	var r receipts
	for n := range 3 * maxReceipts {
		r.keep(&kept{Receipt: Receipt{Seq: purge.Seq(n / 3)}, Items: n, owner: fmt.Sprint("token ", n%3)})
	}
	kept := 0
	for _, all := range r.bySeq {
		kept += len(all)
	}
	if kept != maxReceipts {
		t.Errorf("%d are kept", kept)
	}
	for n := range 3 * maxReceipts {
		own := &token{name: fmt.Sprint("token ", n%3), scope: new(scope)}
		k := r.find(purge.Seq(n/3), own)
		if there := n >= 2*maxReceipts; there != (k != nil) || k != nil && k.Items != n {
			t.Fatalf("%d: %+v", n, k)
		}
	}
	if k := r.find(maxReceipts-1, new(token)); k == nil || k.Items != 3*maxReceipts-1 {
		t.Errorf("of all, not the newest: %+v", k)
	}
}

// A node that was cut off gave a number that the fleet gave to another purge. The receipt of
// that purge does not hide the failed one.
func TestReceiptOfAnotherPurge(t *testing.T) {
	var r receipts
	r.keep(&kept{Receipt: Receipt{Seq: 7}, Items: 1, failed: true})
	r.keep(&kept{Receipt: Receipt{Seq: 7}, Items: 2})
	if k := r.find(7, new(token)); !k.failed {
		t.Errorf("%+v", k)
	}
}

// A receipt with many nodes uses up the room of several with few.
func TestRepeatsBoundedByNodes(t *testing.T) {
	var r repeats
	nodes := make(map[string]NodeState)
	for n := range 1000 {
		nodes[fmt.Sprint(n)] = Applied
	}
	for n := range 300 {
		e, _ := r.begin(fmt.Sprint(n), nil, time.Now())
		r.end(e, &Receipt{Nodes: nodes})
	}
	if len(r.byKey) != maxRepeatNodes/1000 || r.order.Len() != len(r.byKey) || r.nodes != maxRepeatNodes {
		t.Errorf("%d keys, %d in order, %d nodes", len(r.byKey), r.order.Len(), r.nodes)
	}
	e, first := r.begin("299", nil, time.Now())
	if first || e.receipt == nil {
		t.Error("the last is forgotten")
	}
}

func TestRepeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &fakeNode{}
		s := scoped(n, conf.Token{Name: "shop", Rate: 1, Burst: 2})
		ask := func(what, token, key, content string, status int, seq int) {
			t.Helper()
			w := post(s, content, bearer(token), field("Idempotency-Key", key))
			if w.Code != status || seq > 0 && compact(t, w) != fmt.Sprintf(`{"seq":%d,"nodes":{"edge-1":"applied"},%s}`, seq, appliedAt) {
				t.Errorf("%s: %d %s, want %d, %d", what, w.Code, w.Body, status, seq)
			}
			if repeated := w.Header().Get("Idempotent-Replayed") == "true"; repeated != strings.HasPrefix(what, "again") {
				t.Errorf("%s: %v", what, w.Header())
			}
		}
		long := strings.Repeat("k", maxKey)
		ask("first", "s3cret", "a", `{"all":true}`, 200, 1)
		ask("again", "s3cret", "a", `{"all":true}`, 200, 1)
		ask("another key", "s3cret", long, `{"all":true}`, 200, 2)
		ask("another body", "s3cret", "a", `{"all": true}`, 409, 0)
		ask("another token", "shop", "a", `{"tags":["a","b"]}`, 200, 3)
		ask("none is left", "shop", "a", `{"tags":["a","b"]}`, 429, 0)
		time.Sleep(time.Second)
		ask("again", "shop", "a", `{"tags":["a","b"]}`, 200, 3)
		ask("no key", "s3cret", "", `{"all":true}`, 400, 0)
		ask("a long key", "s3cret", long+"k", `{"all":true}`, 400, 0)
		wantError(t, "two keys", post(s, `{"all":true}`, bearer("s3cret"), field("Idempotency-Key", "a"), func(r *http.Request) {
			r.Header.Add("Idempotency-Key", "b")
		}), 400, "bad_key")

		ask("refused", "s3cret", "b", `{"sites":["nothing"]}`, 400, 0)
		ask("what was refused is not remembered", "s3cret", "b", `{"all":true}`, 200, 4)
		n.purger.err = fmt.Errorf("%w: no space", purge.ErrNotDurable)
		ask("not durable", "s3cret", "c", `{"all":true}`, 503, 0)
		n.purger.err = nil
		ask("nor what may be lost", "s3cret", "c", `{"all":true}`, 200, 6)

		s.Apply(admits(conf.Token{Name: "shop", Rate: 1, Burst: 2}))
		ask("again after a reload", "s3cret", "a", `{"all":true}`, 200, 1)
		time.Sleep(repeatTime - 2*time.Second)
		ask("again within a day", "s3cret", "a", `{"all":true}`, 200, 1)
		time.Sleep(2 * time.Second)
		ask("a day later", "s3cret", "a", `{"all":true}`, 200, 7)
	})
}

// Of many calls at a time with one key, one purges. If it fails, the next one does.
func TestRepeatsTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &fakeNode{purger: &fakePurger{hold: make(chan struct{}), begun: make(chan struct{}, 100)}}
		s := server(n, "")
		codes := make(chan int, 100)
		for range 100 {
			go func() { codes <- post(s, `{"all":true}`, field("Idempotency-Key", "k")).Code }()
		}
		n.purger.err = fmt.Errorf("the fleet is out of reach")
		synctest.Wait()
		n.purger.hold <- struct{}{}
		if code := <-codes; code != 503 {
			t.Errorf("the first: %d", code)
		}
		synctest.Wait()
		n.purger.err = nil
		close(n.purger.hold)
		for range 99 {
			if code := <-codes; code != 200 {
				t.Errorf("the others: %d", code)
			}
		}
		if len(n.purger.begun) != 2 || len(n.purger.calls) != 1 {
			t.Errorf("%d tries, %d purges", len(n.purger.begun), len(n.purger.calls))
		}
	})
}

func TestRepeatsBounded(t *testing.T) {
	var r repeats
	now := time.Now()
	for i := range 3 * maxRepeats {
		e, first := r.begin(fmt.Sprint(i), nil, now)
		if !first {
			t.Fatalf("%d is known", i)
		}
		if i%2 == 0 {
			defer r.end(e, nil) // also once it was forgotten
			continue
		}
		r.end(e, &Receipt{})
	}
	if len(r.byKey) != maxRepeats || r.order.Len() != maxRepeats {
		t.Errorf("%d and %d are remembered", len(r.byKey), r.order.Len())
	}
	if _, first := r.begin(fmt.Sprint(3*maxRepeats-1), nil, now); first {
		t.Error("the newest is forgotten")
	}
	if _, first := r.begin("x", nil, now.Add(repeatTime)); !first || len(r.byKey) != 1 {
		t.Errorf("after a day %d are remembered", len(r.byKey))
	}
}
