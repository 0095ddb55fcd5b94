package attack

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"brink/test/brinktest"
)

// spent returns how much processor time a node has used.
func spent(t *testing.T, n *brinktest.Node) time.Duration {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", n.Cmd.Process.Pid))
	if err != nil {
		t.Skip("no processor times are to be had:", err)
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond // of a hundredth of a second each
}

// figure returns a metric's value.
func figure(t *testing.T, n *brinktest.Node, name string) float64 {
	t.Helper()
	resp, err := http.Get("http://" + n.Admin + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			f, _ := strconv.ParseFloat(strings.TrimSpace(value), 64)
			return f
		}
	}
	t.Fatalf("there is no %s", name)
	return 0
}

// Purges of ever new tags stay within their share of the memory, and cost nothing once
// they are in force. A response that a purge covers is not served. A response that a
// dropped purge may have covered is validated before it is served.
func TestPurgesOfEverNewTags(t *testing.T) {
	const memory = 16 << 20
	for name, more := range map[string]string{
		"memory": "", "disk": "disk {\n    path = \"disk\"\n    size = \"64MiB\"\n  }", "fleet": "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			version := new(atomic.Int64)
			o := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Cache-Control", "max-age=600")
				w.Header().Set("Surrogate-Key", "all page-"+r.URL.Path[1:])
				fmt.Fprint(w, version.Load(), strings.Repeat("x", 4000))
			}))
			t.Cleanup(o.Close)
			if name == "fleet" {
				more += "\n}\nfleet {\n  embedded {\n    store = \"fleet\"\n  }"
			}
			n := brinktest.Start(t, fmt.Sprintf("node { id = \"edge-1\" }\n$LISTEN\n$ADMIN\nlog { access = \"off\" }\nstore {\n  memory = \"16MiB\"\n  %s\n}\n"+
				"origin \"o\" {\n  server %q {}\n}\nsite \"a\" {\n  hosts  = [\"*\"]\n  origin = \"o\"\n}\n", more, o.URL))
			get := func(i int) (cacheStatus, body string) {
				resp, err := http.Get(n.URL(fmt.Sprint("/", i)))
				if err != nil {
					t.Fatal(err)
				}
				defer resp.Body.Close()
				b, err := io.ReadAll(resp.Body)
				if err != nil {
					t.Fatal(err)
				}
				return resp.Header.Get("Cache-Status"), strings.TrimRight(string(b), "x")
			}
			purge := func(body string) {
				resp, err := http.Post("http://"+n.Admin+"/v1/purge", "application/json", strings.NewReader(body))
				if err != nil {
					t.Fatal(err)
				}
				defer resp.Body.Close()
				if said, _ := io.ReadAll(resp.Body); resp.StatusCode != 200 {
					t.Fatalf("purge: %s %s", resp.Status, said)
				}
			}
			for i := range 1000 {
				get(i)
			}
			purge(`{"tags":["page-7"]}`)
			version.Store(1)
			for i := range 12 {
				var b strings.Builder
				for k := range 10_000 {
					fmt.Fprintf(&b, ",\"tag-%d-%d\"", i, k)
				}
				purge(`{"tags":[` + b.String()[1:] + `]}`)
			}
			rules, limit := figure(t, n, "brink_purge_rules"), figure(t, n, "brink_purge_rules_limit")
			if rules > limit || limit*80 > memory/8 || limit < 10_000 || figure(t, n, "brink_purge_rules_dropped_total") == 0 {
				t.Errorf("%v rules of %v, of 80 bytes each, in an eighth of %d bytes", rules, limit, memory)
			}
			if s, body := get(7); body != "1" {
				t.Errorf("what was purged before is served: %s", s)
			}
			if s, body := get(999); body != "1" || strings.Contains(s, "; hit") {
				t.Errorf("what may have been purged is not validated: %s", s)
			}
			time.Sleep(2 * time.Second)
			before := spent(t, n)
			time.Sleep(3 * time.Second)
			if used := spent(t, n) - before; used > time.Second {
				t.Errorf("the node has used %v of 3s when all was done", used)
			}
		})
	}
}
