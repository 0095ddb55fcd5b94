package pressure

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"testing"
	"time"
)

// A node that is out of descriptors for clients still answers its admin listener, and
// has some for its origins.
func TestDescriptors(t *testing.T) {
	for _, a := range []struct {
		clients int
		name    string
		opening string
		room    bool // for other clients
	}{
		{1000, "idle connections", ask("GET", "/hot/0"), true},
		{1000, "half heads", halfHead(40), true},
		// Each has a connection to the origin as well.
		{420, "requests in flight", ask("GET", "/slow/$ID"), true},
		{600, "requests in flight", ask("GET", "/slow/$ID"), false},
	} {
		name := fmt.Sprintf("%d %s", a.clients, a.name)
		t.Run(name, func(t *testing.T) {
			r := begin(t, "descriptors", "ulimit -n 1024, "+name)
			n := start(r, startOrigin(r, answers{"slow": slow}), settings{through: []string{"sh", "-c", `ulimit -n 1024; exec "$@"`, "sh"}})
			var w *watch
			if a.room {
				w = n.watch(r, others)
			}
			c := gather(r, plan{Target: n.Address, From: crowdAddresses, Count: a.clients, Every: time.Second, Opening: a.opening})
			c.assemble(r)
			slowest := make(admins)
			for began := time.Now(); time.Since(began) < duringSpan(); time.Sleep(200 * time.Millisecond) {
				slowest.ask(n)
			}
			if a.room {
				w.judge(r)
			}
			for _, path := range slices.Sorted(maps.Keys(slowest)) {
				most(r, path+", slowest answer", slowest[path], of(5*time.Second, 100*time.Millisecond))
			}
			r.attackers(c)
			n.recovers(r)
		})
	}
}

// slow answers after longer than a row lasts.
func slow(w http.ResponseWriter, q *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	pause(q, 3*time.Minute)
}

// admins are the slowest answers of the admin listener.
type admins map[string]time.Duration

// ask asks the admin listener on new connections. An error counts as an answer that
// took all the time that was left for it.
func (a admins) ask(n *subject) {
	client := http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}
	for _, path := range []string{"/healthz", "/metrics"} {
		began := time.Now()
		resp, err := client.Get("http://" + n.Admin + path)
		took := time.Since(began)
		if err == nil {
			_, err = io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
		if err != nil || resp.StatusCode != http.StatusOK {
			took = patience
		}
		a[path] = max(a[path], took)
	}
}
