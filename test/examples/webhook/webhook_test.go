package main

import (
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"brink/test/brinktest"
	"brink/test/examples/purger"
)

// The title of an article changes. After the call of the CMS, clients get the new title.
func TestWebhook(t *testing.T) {
	var title atomic.Value
	title.Store("first")
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "max-age=3600")
		w.Header().Set("Surrogate-Key", "article article-7")
		if r.URL.Path == "/8" {
			w.Header().Set("Surrogate-Key", "article-8")
		}
		fmt.Fprint(w, title.Load())
	}))
	defer origin.Close()
	node := brinktest.Start(t, "$LISTEN\n$ADMIN\norigin \"cms\" {\n  server \""+origin.URL+"\" {}\n}\nsite \"cms\" {\n  hosts  = [\"*\"]\n  origin = \"cms\"\n}\n")
	c := &receiver{secret: []byte("secret"), node: purger.Client{URL: "http://" + node.Admin}, now: time.Now}

	want := func(path, body string) {
		t.Helper()
		if got := get(t, node.URL(path)); got != body {
			t.Fatalf("%s is %q, not %q", path, got, body)
		}
	}
	want("/7", "first")
	want("/8", "first")
	title.Store("second")
	want("/7", "first")
	if status := c.call(t, "POST", `{"model":"article","entry":{"id":7}}`, time.Now(), "secret"); status != 204 {
		t.Fatalf("the receiver answers %d", status)
	}
	want("/7", "second")
	want("/8", "first")
}

// A call that is not from the CMS purges nothing. If a purge fails, the CMS calls again.
func TestWebhookRefuses(t *testing.T) {
	var purges atomic.Int64
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		purges.Add(1)
		if r.Header.Get("Authorization") != "Bearer token" {
			t.Errorf("asked with %v", r.Header)
		}
		w.WriteHeader(503)
	}))
	defer api.Close()
	c := &receiver{secret: []byte("secret"), node: purger.Client{URL: api.URL, Token: "token"}, now: time.Now}
	const good = `{"model":"article","entry":{"id":7}}`
	for _, x := range []struct {
		name, method, body string
		age                time.Duration
		secret             string
		want               int
	}{
		{"another secret", "POST", good, 0, "guess", 401},
		{"recorded", "POST", good, maxAge + time.Minute, "secret", 401},
		{"from the future", "POST", good, -maxAge - time.Minute, "secret", 401},
		{"method", "GET", good, 0, "secret", 405},
		{"large", "POST", strings.Repeat(" ", maxBody+1), 0, "secret", 413},
		{"no JSON", "POST", "model=article", 0, "secret", 400},
		{"no entry", "POST", `{"model":"article"}`, 0, "secret", 400},
	} {
		if got := c.call(t, x.method, x.body, time.Now().Add(-x.age), x.secret); got != x.want || purges.Load() != 0 {
			t.Errorf("%s: %d, %d purges", x.name, got, purges.Load())
		}
	}
	if got := c.call(t, "POST", good, time.Now(), "secret"); got != 502 || purges.Load() != 1 {
		t.Errorf("a purge that fails: %d", got)
	}
}

// call is what the CMS does.
func (c *receiver) call(t *testing.T, method, body string, at time.Time, secret string) int {
	t.Helper()
	timestamp := strconv.FormatInt(at.Unix(), 10)
	r := httptest.NewRequest(method, "/", strings.NewReader(body))
	r.Header.Set("X-Timestamp", timestamp)
	r.Header.Set("X-Signature", hex.EncodeToString(sign([]byte(secret), timestamp, []byte(body))))
	w := httptest.NewRecorder()
	c.ServeHTTP(w, r)
	return w.Code
}

func get(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 200 {
		t.Fatalf("%s: %d %v", url, resp.StatusCode, err)
	}
	return string(body)
}
