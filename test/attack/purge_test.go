package attack

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// guarded is a world whose node has the token admin for everything, tenant for
// site z, and slow for 200 items a second. Their texts are their names.
func guarded(t *testing.T) *world {
	w := newWorld(t, setup{more: "site \"z\" {\n  hosts  = [\"z.test\"]\n  origin = \"o\"\n}\n"})
	for _, name := range []string{"admin", "tenant", "slow"} {
		if err := os.WriteFile(filepath.Join(w.node.Dir, name+".token"), []byte(name+"-s3cret"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	open := readFile(t, filepath.Join(w.node.Dir, "node.hcl"))
	w.reload(t, strings.Replace(open, "admin {", `admin {
  token_file = "admin.token"
  token "tenant" {
    file  = "tenant.token"
    sites = ["z"]
  }
  token "slow" {
    file  = "slow.token"
    rate  = 200
    burst = 50
  }`, 1))
	t.Cleanup(func() { w.reload(t, open) })
	return w
}

func (w *world) reload(t *testing.T, conf string) {
	t.Helper()
	w.node.WriteConf(t, conf)
	if status, said := w.call(t, "POST", "/v1/reload", "", "Authorization: Bearer admin-s3cret"); status != 200 {
		t.Fatalf("reload: %d %s", status, said)
	}
}

// caller makes a connection for each call, which leaves nothing behind.
var caller = &http.Client{Transport: &http.Transport{DisableKeepAlives: true, ExpectContinueTimeout: 10 * time.Second}}

// call sends a request to the admin listener.
func (w *world) call(t testing.TB, method, path, body string, fields ...string) (status int, said string) {
	t.Helper()
	r, err := http.NewRequest(method, "http://"+w.node.Admin+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range fields {
		name, value, _ := strings.Cut(f, ": ")
		r.Header.Set(name, value)
	}
	resp, err := caller.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// Who may not purge does not, and who may purges what was named and nothing else.
func TestF01Purge(t *testing.T) {
	w := guarded(t)
	const admin, tenant = "Authorization: Bearer admin-s3cret", "Authorization: Bearer tenant-s3cret"
	many := func(n int) string { return `{"tags":["a"` + strings.Repeat(`,"a"`, n-1) + `]}` }
	for _, c := range []struct {
		name, method, path, body string
		fields                   []string
		status                   int
	}{
		{"no token", "POST", "/v1/purge", `{"all":true}`, nil, 401},
		{"an empty one", "POST", "/v1/purge", `{"all":true}`, []string{"Authorization: Bearer "}, 401},
		{"a wrong one", "POST", "/v1/purge", `{"all":true}`, []string{"Authorization: Bearer admin-s3cres"}, 401},
		{"another scheme", "POST", "/v1/purge", `{"all":true}`, []string{"Authorization: Basic admin-s3cret"}, 401},
		{"in the query", "POST", "/v1/purge?token=admin-s3cret", `{"all":true}`, nil, 401},
		{"another tenant's URL", "POST", "/v1/purge", `{"urls":["http://a.test$V"]}`, []string{tenant}, 403},
		{"another tenant's URL, port", "POST", "/v1/purge", `{"urls":["http://a.test:81$V"]}`, []string{tenant}, 403},
		{"another tenant's URL, user", "POST", "/v1/purge", `{"urls":["http://z.test@a.test$V"]}`, []string{tenant}, 400},
		{"another tenant's URL, host in the path", "POST", "/v1/purge", `{"urls":["a.test/http://z.test/"]}`, []string{tenant}, 403},
		{"another tenant's prefix", "POST", "/v1/purge", `{"prefixes":["a.test/"]}`, []string{tenant}, 403},
		{"another tenant's host", "POST", "/v1/purge", `{"hosts":["z.test","A.TEST"]}`, []string{tenant}, 403},
		{"another tenant's site", "POST", "/v1/purge", `{"sites":["a"]}`, []string{tenant}, 403},
		{"its own all", "POST", "/v1/purge", `{"all":true}`, []string{tenant}, 200},
		{"its own tags", "POST", "/v1/purge", `{"tags":["$V","*"]}`, []string{tenant}, 200},
		{"another tenant's receipt", "GET", "/v1/purge/999999", "", []string{tenant}, 404},
		{"a reload by a tenant", "POST", "/v1/reload", "", []string{tenant}, 403},
		{"GET", "GET", "/v1/purge?all=true", "", []string{admin}, 405},
		{"cross-site form", "POST", "/v1/purge", "all=true", []string{admin, "Origin: http://evil.test", "Content-Type: application/x-www-form-urlencoded"}, 403},
		{"form", "POST", "/v1/purge", `{"all":true}`, []string{admin, "Content-Type: text/plain"}, 415},
		{"fetch by a page", "POST", "/v1/purge", `{"all":true}`, []string{admin, "Origin: null", "Content-Type: application/json"}, 403},
		{"10 MB", "POST", "/v1/purge", `{"tags":["` + strings.Repeat("a", 10<<20) + `"]}`, []string{admin, "Expect: 100-continue"}, 413},
		{"100,000 tags", "POST", "/v1/purge", many(100_000), []string{admin}, 413},
		{"deep", "POST", "/v1/purge", strings.Repeat(`[`, 1<<20), []string{admin}, 400},
		{"any tag", "POST", "/v1/purge", `{"tags":["*",".*","%","a b","$V*"]}`, []string{admin}, 200},
		{"a path upwards", "POST", "/v1/purge", `{"prefixes":["a.test/c/x/../y/"]}`, []string{admin}, 200},
		{"a pattern in the middle", "POST", "/v1/purge", `{"prefixes":["a.test/c/*/x"]}`, []string{admin}, 501},
		{"a regular expression", "POST", "/v1/purge", `{"urls":["a.test/c/(a+)+$"],"prefixes":["a.test/c/((a*)*)*/"]}`, []string{admin}, 501},
		{"a deep prefix", "POST", "/v1/purge", `{"prefixes":["a.test` + strings.Repeat("/a", 5000) + `"]}`, []string{admin}, 400},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			victim := "/c/" + newMark()
			w.victim(t, victim)
			began := time.Now()
			status, said := w.call(t, c.method, c.path, strings.ReplaceAll(c.body, "$V", victim), c.fields...)
			if status != c.status || len(said) > 2000 || strings.Contains(said, "s3cret") {
				t.Errorf("%d %s, want %d", status, said, c.status)
			}
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("the answer took %v", took)
			}
			if !w.victim(t, victim).cached() {
				t.Error("the victim's page is purged")
			}
		})
	}
}

// The data port does not know the API, and a key cannot be used for another purge.
func TestF01PurgeElsewhere(t *testing.T) {
	w := guarded(t)
	const admin = "Authorization: Bearer admin-s3cret"
	victim := "/c/" + newMark()
	w.victim(t, victim)
	for _, head := range []string{
		"POST /v1/purge HTTP/1.1\r\n$HContent-Length: 12\r\n" + admin + "\r\n\r\n{\"all\":true}",
		"PURGE " + victim + " HTTP/1.1\r\n$H" + admin + "\r\n\r\n",
	} {
		method, _, _ := strings.Cut(head, " ")
		if r := w.request(t, method, input(head, newMark())); strings.Contains(r.body, "seq") {
			t.Errorf("%s on the data port is answered %+v", method, r)
		}
	}
	if !w.victim(t, victim).cached() {
		t.Error("the data port purges")
	}
	other := "/c/" + newMark()
	purge := func(target string, want int) {
		t.Helper()
		status, said := w.call(t, "POST", "/v1/purge", `{"urls":["a.test`+target+`"]}`, admin, "Idempotency-Key: nonce")
		if status != want {
			t.Errorf("%d %s, want %d", status, said, want)
		}
	}
	purge(other, 200)
	purge(victim, 409)
	w.victim(t, other)
	purge(other, 200)
	if !w.victim(t, victim).cached() || !w.victim(t, other).cached() {
		t.Error("a key that was used purges again")
	}
}

// A storm of purges is held to its rate, what is accepted is applied, and clients
// do not notice.
func TestF02PurgeStorm(t *testing.T) {
	w := guarded(t)
	const slow, admin = "Authorization: Bearer slow-s3cret", "Authorization: Bearer admin-s3cret"
	victim := "/c/" + newMark()
	w.victim(t, victim)
	before := w.seq(t)
	var accepted, limited atomic.Int64
	var storm sync.WaitGroup
	began := time.Now()
	for i := range 8 {
		storm.Go(func() {
			for n := 0; time.Since(began) < time.Second; n++ {
				switch status, said := w.call(t, "POST", "/v1/purge", fmt.Sprintf(`{"urls":["a.test/c/storm/%d/%d"]}`, i, n), slow); status {
				case 200:
					accepted.Add(1)
				case 429:
					limited.Add(1)
				default:
					t.Errorf("%d %s", status, said)
				}
			}
		})
	}
	for time.Since(began) < time.Second {
		if !w.victim(t, victim).cached() {
			t.Error("what nobody purged is purged")
		}
	}
	storm.Wait()
	most := 50 + int64(200*time.Since(began).Seconds()) + 1
	if n := accepted.Load(); n < 50 || n > most || limited.Load() == 0 {
		t.Errorf("%d accepted, at most %d should be; %d limited", n, most, limited.Load())
	}
	if after := w.seq(t); after-before != accepted.Load() {
		t.Errorf("%d accepted, %d applied", accepted.Load(), after-before)
	}
	if status, said := w.call(t, "POST", "/v1/purge", `{"urls":["a.test`+victim+`"]}`, admin); status != 200 || w.victim(t, victim).cached() {
		t.Errorf("a purge after the storm: %d %s", status, said)
	}
}

// seq is the number of the newest purge.
func (w *world) seq(t *testing.T) int64 {
	t.Helper()
	_, page := w.call(t, "GET", "/metrics", "", "Authorization: Bearer admin-s3cret")
	_, after, _ := strings.Cut(page, "\nbrink_purge_seq ")
	text, _, _ := strings.Cut(after, "\n")
	seq, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatalf("the metrics have no brink_purge_seq: %v", err)
	}
	return int64(seq)
}
