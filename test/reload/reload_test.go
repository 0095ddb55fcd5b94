package reload

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"brink/test/brinktest"
)

var reloads = flag.Int("reloads", 500, "reloads, of which a third cannot be applied")

// node is a node that is reloaded.
type node struct {
	*confs

	cmd    *exec.Cmd
	output bytes.Buffer
	set    atomic.Int64 // that is in force, as far as the test knows
	client http.Client
}

func start(t *testing.T) *node {
	t.Helper()
	o := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "max-age=600")
		_, _ = io.WriteString(w, "body")
	}))
	t.Cleanup(o.Close)
	n := &node{client: http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 8}}, confs: &confs{
		dir: t.TempDir(), aside: t.TempDir(), accesses: t.TempDir(), origin: o.Listener.Addr().String(),
		address: brinktest.FreeAddress(t), admin: brinktest.FreeAddress(t),
	}}
	n.write(t, 0, fault{})
	n.cmd = exec.Command(brinktest.Binary(t), "serve", n.dir)
	n.cmd.Stdout, n.cmd.Stderr = &n.output, &n.output
	if err := n.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = n.cmd.Process.Signal(syscall.SIGTERM)
		if err := n.cmd.Wait(); err != nil || strings.Contains(n.output.String(), "DATA RACE") {
			t.Errorf("%v\n%s", err, &n.output)
		}
	})
	for range 500 {
		if status, _, _ := n.get("http://"+n.admin+"/readyz", ""); status == 200 {
			return n
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatal("the node is not ready")
	return nil
}

func (n *node) get(url, token string) (status int, h http.Header, body []byte) {
	return n.ask("GET", url, token)
}

func (n *node) ask(method, url, token string) (status int, h http.Header, body []byte) {
	r, err := http.NewRequest(method, url, nil)
	if err != nil {
		return 0, nil, nil
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := n.client.Do(r)
	if err != nil {
		return 0, nil, nil
	}
	defer resp.Body.Close()
	body, _ = io.ReadAll(resp.Body)
	return resp.StatusCode, resp.Header, body
}

// digest returns the digest of the conf in force, asked for with the token of a set;
// empty: that is not in force.
func (n *node) digest(set int) string {
	status, _, body := n.get("http://"+n.admin+"/v1/conf", token(set))
	var got struct{ Digest string }
	if status != 200 || json.Unmarshal(body, &got) != nil {
		return ""
	}
	return got.Digest
}

// shown is the set that answers for a path.
func (n *node) shown(path string) (int, error) {
	status, h, body := n.get("http://"+n.address+path, "")
	if status != 200 || string(body) != "body" {
		return 0, fmt.Errorf("%s: %d %q", path, status, body)
	}
	return strconv.Atoi(h.Get("X-Conf"))
}

// seen collects which sets answered under which digest.
type seen struct {
	mu     sync.Mutex
	sets   map[string]map[int]bool
	rounds int
}

// look asks for all that a conf decides, and notes it if one conf was in force all along.
func (n *node) look(s *seen) error {
	set := int(n.set.Load())
	before := n.digest(set)
	if before == "" {
		return nil // a reload came first
	}
	a, errA := n.shown("/a")
	b, errB := n.shown("/b")
	other, _, _ := n.get("http://"+n.admin+"/v1/stats", token(set+1))
	own, _, _ := n.get("http://"+n.admin+"/v1/stats", token(set))
	if err := errors.Join(errA, errB); err != nil {
		return err
	}
	if n.digest(set) != before {
		return nil
	}
	if other != 401 || own != 200 {
		return fmt.Errorf("while set %d is in force its token gets %d, and another one %d", set, own, other)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rounds++
	if s.sets[before] == nil {
		s.sets[before] = make(map[int]bool)
	}
	s.sets[before][set], s.sets[before][a], s.sets[before][b] = true, true, true
	return nil
}

// reload asks for a reload with the token of a set, and returns whether it was applied
// and the digest in the answer.
func (n *node) reload(t *testing.T, set int) (applied bool, digest string) {
	t.Helper()
	status, _, body := n.ask("POST", "http://"+n.admin+"/v1/reload", token(set))
	var got struct {
		Applied bool
		Digest  string
	}
	if err := json.Unmarshal(body, &got); err != nil || got.Applied != (status == 200) || got.Digest == "" {
		t.Fatalf("reload: %d %s", status, body)
	}
	return got.Applied, got.Digest
}

// A reload is applied as a whole or not at all.
func TestWholeOrNotAtAll(t *testing.T) {
	n := start(t)
	s := &seen{sets: make(map[string]map[int]bool)}
	var clients sync.WaitGroup
	end := make(chan struct{})
	for range 2 {
		clients.Go(func() {
			for {
				select {
				case <-end:
					return
				default:
				}
				if err := n.look(s); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	n.reloadMany(t, s)
	close(end)
	clients.Wait()
	for digest, sets := range s.sets {
		if len(sets) != 1 {
			t.Errorf("under the digest %.12s sets %v have answered", digest, sets)
		}
	}
	t.Logf("%d rounds were by one conf", s.rounds)
	if s.rounds == 0 {
		t.Error("no round was")
	}
}

// reloadMany reloads with a new set each time, every third of which has a fault.
func (n *node) reloadMany(t *testing.T, s *seen) {
	set, failed := 0, 0
	inForce := n.digest(0)
	for i := 1; i <= *reloads && !t.Failed(); i++ {
		f := fault{}
		if i%3 == 0 {
			f = faults[failed%len(faults)]
			failed++
		}
		n.write(t, i, f)
		applied, digest := n.reload(t, set)
		if applied != (f.name == "") || !applied && digest != inForce {
			t.Fatalf("set %d with %q: applied: %v, digest %.12s, it was %.12s", i, f.name, applied, digest, inForce)
		}
		if applied {
			set, inForce = i, digest
			n.set.Store(int64(i))
		}
		if err := n.look(s); err != nil {
			t.Errorf("after set %d with %q: %v", i, f.name, err)
		}
	}
	_, _, text := n.get("http://"+n.admin+"/metrics", token(set))
	for _, line := range []string{
		fmt.Sprintf("brink_conf_info{digest=%q} 1\n", inForce),
		fmt.Sprintf("brink_reloads_total{result=\"failed\"} %d\n", failed),
	} {
		if !strings.Contains(string(text), line) {
			t.Errorf("the metrics lack %s", line)
		}
	}
}

// brink check says of each fault what a reload would, as far as it does not depend on
// what is in force. It makes no file.
func TestCheckSaysSo(t *testing.T) {
	c := &confs{dir: t.TempDir(), aside: t.TempDir(), accesses: t.TempDir(), origin: "127.0.0.1:9000", address: "127.0.0.1:8080", admin: "127.0.0.1:9080"}
	for _, f := range append([]fault{{}}, faults...) {
		c.write(t, 1, f)
		out, err := exec.Command(brinktest.Binary(t), "check", c.dir).CombinedOutput()
		if good := f.name == "" || f.memory != ""; (err == nil) != good {
			t.Errorf("%q: %v, %s", f.name, err, out)
		}
	}
	if made, err := exec.Command("ls", c.accesses).Output(); err != nil || len(made) > 0 {
		t.Errorf("check has made %s, %v", made, err)
	}
}
