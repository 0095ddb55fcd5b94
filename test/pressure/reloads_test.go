package pressure

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"brink/conf"
	"brink/test/brinktest"
)

// reloadConf is a conf whose number is in the answers to two paths, in the token of the
// admin listener, and in the name of the access log.
const reloadConf = `
$LISTEN
admin {
  address    = "$WHERE"
  token_file = "token-$NUMBER"
}
node { drain_timeout = "1s" }
log { access = "$ACCESS" }
origin "app" { server "http://$ORIGIN" {} }
site "app" {
  hosts  = ["*"]
  origin = "app"
  path "/new/a" {
    response { set = { "X-Conf" = "$NUMBER" } }
  }
  path "/new/b" {
    response { set = { "X-Conf" = "$NUMBER" } }
  }
}
`

// reloaded is a node whose conf has a number.
type reloaded struct {
	*subject

	origin *origin
	digest map[int]string // of the confs that were applied
	now    int            // the number of the conf in force
}

// A reload puts all of a conf in force, or nothing of it.
func TestReloads(t *testing.T) {
	reloads := of(60, 500)
	r := begin(t, "reloads", fmt.Sprintf("%d reloads, of which a third cannot be applied", reloads))
	n := startReloaded(r)
	straddled, stop := n.straddle(r)
	good, refused := 0, 0
	for i := 1; i <= reloads; i++ {
		if !n.reload(r, i, i%3 == 0) {
			refused++
		}
		// Behind a mixture nothing is as it should be.
		if err := n.consistent(); err != nil {
			r.Log(err)
			break
		}
		good++
	}
	stop()
	r.show("reloads that were refused", count(refused))
	least(r, "reloads without a mixture after them", good, reloads)
	most(r, "mixtures during a reload", count(*straddled), 0)
	n.footprint(r)
}

func startReloaded(r *row) *reloaded {
	r.Helper()
	n := &reloaded{origin: startOrigin(r, nil), digest: make(map[int]string)}
	at := brinktest.Place{Address: brinktest.FreeAddress(r), Admin: brinktest.FreeAddress(r)}
	// The first conf names its token as a path, as there is no folder of the node's yet.
	first := filepath.Join(r.TempDir(), "token")
	if err := os.WriteFile(first, []byte("token-0"), 0o600); err != nil {
		r.Fatal(err)
	}
	text := strings.ReplaceAll(n.conf(at.Admin, 0, "off"), `"token-0"`, strconv.Quote(first))
	n.subject = &subject{Node: brinktest.StartAt(r, at, text), budget: defaultBudget}
	n.warm(r)
	return n
}

// conf returns the text of a conf.
func (n *reloaded) conf(admin string, number int, access string) string {
	return strings.NewReplacer("$WHERE", admin, "$NUMBER", strconv.Itoa(number), "$ORIGIN", n.origin.address, "$ACCESS", access).Replace(reloadConf)
}

// accessLog returns the name of the access log of a conf.
func (n *reloaded) accessLog(number int) string {
	return filepath.Join(n.Dir, fmt.Sprint("access-", number))
}

// reload gives the node another conf. One that cannot be applied has an access log that
// cannot be opened. It reports whether the conf was applied.
func (n *reloaded) reload(r *row, number int, broken bool) bool {
	r.Helper()
	access := n.accessLog(number)
	if broken {
		access = filepath.Join(n.Dir, "none", "access")
	}
	if err := os.WriteFile(filepath.Join(n.Dir, fmt.Sprint("token-", number)), fmt.Append(nil, "token-", number), 0o600); err != nil {
		r.Fatal(err)
	}
	n.WriteConf(r, n.conf(n.Admin, number, access))
	config, err := conf.Load(filepath.Join(n.Dir, "node.hcl"))
	if err != nil {
		r.Fatal(err)
	}
	digest, applied := n.ask(r, n.now)
	if applied == broken {
		r.Fatalf("reload %d, broken: %v, applied: %v", number, broken, applied)
	}
	if applied {
		n.now = number
		if digest != config.Digest {
			r.Errorf("reload %d: digest %s, want %s", number, digest, config.Digest)
		}
	}
	return applied
}

// ask asks for a reload with the token of a conf.
func (n *reloaded) ask(r *row, number int) (digest string, applied bool) {
	r.Helper()
	status, text, err := n.call("POST", "/v1/reload", number)
	if err != nil {
		r.Fatal(err)
	}
	var answer struct {
		Applied bool
		Digest  string
	}
	if status == http.StatusOK {
		if err := json.Unmarshal(text, &answer); err != nil {
			r.Fatal(err)
		}
	}
	return answer.Digest, answer.Applied
}

// call calls the admin listener with the token of a conf.
func (n *reloaded) call(method, path string, number int) (status int, text []byte, err error) {
	q, err := http.NewRequest(method, "http://"+n.Admin+path, nil)
	if err != nil {
		return 0, nil, err
	}
	q.Header.Set("Authorization", fmt.Sprint("Bearer token-", number))
	client := http.Client{Timeout: patience}
	resp, err := client.Do(q)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	text, err = io.ReadAll(resp.Body)
	return resp.StatusCode, text, err
}

// consistent reports what is not as the conf in force has it.
func (n *reloaded) consistent() error {
	for _, path := range []string{"/new/a", "/new/b"} {
		if got := n.number(path); got != n.now {
			return fmt.Errorf("conf %d: %s is answered by %d", n.now, path, got)
		}
	}
	for number := max(0, n.now-1); number <= n.now+2; number++ {
		status, _, err := n.call("GET", "/v1/stats", number)
		if err != nil || (status == http.StatusOK) != (number == n.now) {
			return fmt.Errorf("conf %d: status %d for the token of %d, %v", n.now, status, number, err)
		}
	}
	if n.now == 0 {
		return nil
	}
	if !eventually(func() bool { s, err := os.Stat(n.accessLog(n.now)); return err == nil && s.Size() > 0 }) {
		return fmt.Errorf("conf %d: nothing in its access log", n.now)
	}
	return nil
}

// number returns the number of the conf that answers a path; -1: it is not answered.
func (n *reloaded) number(path string) int {
	resp, err := http.Get(n.URL(path))
	if err != nil {
		return -1
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	number, err := strconv.Atoi(resp.Header.Get("X-Conf"))
	if err != nil {
		return -1
	}
	return number
}

// straddle asks for one path, the other and the first again, until it is stopped. If the
// first is answered by one conf twice, so must be the other. It counts where it is not.
func (n *reloaded) straddle(r *row) (mixtures *int, stop func()) {
	r.Helper()
	mixtures = new(int)
	over := make(chan struct{})
	var running sync.WaitGroup
	running.Go(func() {
		for {
			select {
			case <-over:
				return
			case <-time.After(5 * time.Millisecond):
			}
			a, b, again := n.number("/new/a"), n.number("/new/b"), n.number("/new/a")
			if a < 0 || b < 0 || a == again && a != b {
				*mixtures++
			}
		}
	})
	return mixtures, func() {
		close(over)
		running.Wait()
	}
}
