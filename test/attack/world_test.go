package attack

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"brink/test/brinktest"
)

// world is a node between the clients of a test and its origin.
type world struct {
	node    *brinktest.Node
	origin  *recorder
	address string
	loose   bool
	before  footprint
	inspect func([]line) // looks at the log when all is over; nil: nobody does

	mu struct {
		sync.Mutex

		answers   map[int]int // final responses that clients got, by status
		abandoned int         // requests whose client left
	}
}

// setup is what a world has beyond the standard. The texts are conf.
type setup struct {
	listen, origin, site, more string
	store                      string // default: 32 MiB of memory
	address                    string // of the node; default: any free one
	routes                     []route

	// loose is for origins that break off or answer nonsense: not everything
	// that the node asked them for was answered, so that counts need not match.
	loose bool
}

const standardConf = `
listen "web" {
  address = %q
  %s
}
$ADMIN
store {
  %s
}
origin "o" {
  server "http://%s" {}
  idle_timeout = "2s"
  %s
}
site "a" {
  hosts  = ["a.test", "b.test"]
  origin = "o"
  path "/canary/**" { cache = "off" }
  %s
}
log {
  access = "./access.log"
  level  = "error"
}
%s
`

// newWorld starts a node and an origin. When the test and all its parallel
// parts are over it checks what must hold of the node as a whole.
func newWorld(t *testing.T, s setup) *world {
	t.Helper()
	return worldWith(t, s, newRecorder(t, s.routes...))
}

func worldWith(t *testing.T, s setup, o *recorder) *world {
	t.Helper()
	if s.store == "" {
		s.store = `memory = "32MiB"`
	}
	if s.address == "" {
		s.address = brinktest.FreeAddress(t)
	}
	w := &world{origin: o, loose: s.loose, address: s.address}
	w.mu.answers = map[int]int{}
	w.node = brinktest.Start(t, fmt.Sprintf(standardConf, w.address, s.listen, s.store, o.address, s.origin, s.site, s.more))
	w.canary(t, 3)
	w.before = w.footprint(t)
	t.Cleanup(func() { w.settle(t) })
	return w
}

func (w *world) received(status int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.mu.answers[status]++
}

func (w *world) abandon() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.mu.abandoned++
}

var marks atomic.Int64

// newMark makes the mark of an input: of one length, so that inputs can count
// their bytes.
func newMark() string { return fmt.Sprintf("~%07d~", marks.Add(1)) }

// input fills in what inputs have in common: $H is the Host line, $ID the mark.
func input(text, mark string) string {
	return strings.NewReplacer("$H", "Host: a.test\r\n", "$ID", mark).Replace(text)
}

// sentinel is the request behind an input. It ends the connection, so that
// nobody has to wait to know that no more will come.
const sentinel = "GET /sentinel$ID HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n"

// refuses checks that the node answers an input with one of the statuses and
// closes, that nothing of it reaches the origin as a whole request, and that
// what comes behind it is not read.
func (w *world) refuses(t *testing.T, text string, want ...int) *response {
	t.Helper()
	mark := newMark()
	tr := w.talk(t, input(text+sentinel, mark))
	if len(tr.whole) != 1 || !oneOf(tr.whole[0].status, want) || tr.end != "closed" || tr.part != nil {
		t.Fatalf("answers are %s, want one of %d, then closed", tr, want)
	}
	if got := tr.whole[0].fields.get("Connection"); got != "close" {
		t.Errorf("Connection is %q", got)
	}
	for _, q := range w.origin.of(mark) {
		t.Errorf("the origin got %q with %q", q.start, q.body)
	}
	w.unharmed(t, mark, 2)
	return tr.whole[0]
}

// accepts checks that the node answers each request of an input, the sentinel
// last, and returns the answers and what the origin got.
func (w *world) accepts(t *testing.T, text string, want ...int) (answers []*response, got []*seen) {
	t.Helper()
	mark := newMark()
	tr := w.talk(t, input(text+sentinel, mark), methodsOf(text)...)
	if fmt.Sprint(tr.statuses()) != fmt.Sprint(append(want, 200)) || tr.end != "closed" || tr.part != nil {
		t.Fatalf("answers are %s, want %d and the sentinel's, then closed", tr, want)
	}
	if last := tr.whole[len(tr.whole)-1]; last.token() != "/sentinel"+mark {
		t.Fatalf("the sentinel got the answer to %q", last.token())
	}
	got = w.origin.of(mark)
	if n := len(got); n > 0 && strings.HasPrefix(got[n-1].target, "/sentinel") {
		got = got[:n-1]
	}
	w.unharmed(t, mark, 20)
	return tr.whole[:len(tr.whole)-1], got
}

// methodsOf is the method of the first request of an input.
func methodsOf(text string) []string {
	method, _, _ := strings.Cut(text, " ")
	return []string{method}
}

// unharmed checks that other clients get what is theirs: n canaries, and the
// page that an input may have meant to spoil.
func (w *world) unharmed(t *testing.T, mark string, n int) {
	t.Helper()
	w.canary(t, n)
	w.victim(t, "/c/"+mark)
}

// canary sends n normal requests in one go, all of which go to the origin, and
// checks that each is answered with its own token.
func (w *world) canary(t testing.TB, n int) {
	t.Helper()
	mark := newMark()
	c := w.dial(t, "127.0.0.2")
	defer c.close()
	var all strings.Builder
	for i := range n {
		fmt.Fprintf(&all, "GET /canary/%s/%d HTTP/1.1\r\nHost: b.test\r\n\r\n", mark, i)
	}
	c.send(t, all.String())
	for i := range n {
		r, err := c.read()
		want := fmt.Sprintf("/canary/%s/%d", mark, i)
		if err != nil || r.status != 200 || r.token() != want || !strings.Contains(r.body, " "+want+",") {
			t.Fatalf("canary %s got %+v, %v", want, r, err)
		}
	}
}

// victim asks for a target and checks that the answer is the origin's own for
// it.
func (w *world) victim(t testing.TB, target string) *response {
	t.Helper()
	r := w.get(t, target)
	if r.status != 200 || r.token() != target || !strings.HasPrefix(r.body, "page of "+target+",") || r.length != len(r.body) {
		t.Fatalf("the victim asked for %s and got %+v", target, r)
	}
	return r
}

// admin fetches a page of the admin listener.
func (w *world) admin(t testing.TB, path string) string {
	t.Helper()
	resp, err := http.Get("http://" + w.node.Admin + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var page strings.Builder
	if err := resp.Write(&page); err != nil {
		t.Fatal(err)
	}
	return page.String()
}

func readFile(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
