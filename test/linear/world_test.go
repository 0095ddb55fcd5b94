package linear

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"brink/purge"
)

var (
	gets   = flag.Int("gets", 20_000, "how many gets a seed makes; a purge goes with each hundred")
	seeds  = flag.Int("seeds", 1, "how many seeds are tried")
	seed   = flag.Uint64("seed", 1, "the first seed")
	breaks = flag.Int("breaks", 3, "how often a node is ended while it is asked")
)

const (
	host    = "linear.test"
	urls    = 256
	groups  = 8
	clients = 24
	purgers = 4
	skew    = 1.3 // of what is asked for and changed
)

// subject is what is asked and purged.
type subject interface {
	// base is where to ask now, "" if nowhere.
	base() string
	// purge purges, and returns when it is answered.
	purge(ctx context.Context, items []purge.Item) error
	// end ends a node, cleanly or not, and starts it again.
	end(clean bool) error
}

// world is an origin, a subject in front of it, and what was done to them.
type world struct {
	origin   *httptest.Server
	versions [urls]atomic.Int64
	history  *history
	subject  subject
	asked    atomic.Int64
	validity atomic.Int64 // 304s that the origin gave
}

func newWorld(t *testing.T) *world {
	w := &world{history: newHistory(urls)}
	w.origin = httptest.NewServer(http.HandlerFunc(w.answer))
	t.Cleanup(w.origin.Close)
	return w
}

func path(url int) string { return fmt.Sprintf("/g%d/%d", url%groups, url) }

// answer answers as an origin would whose content may change before the answer
// leaves. URLs differ in how long they are fresh and what may be served stale.
func (w *world) answer(rw http.ResponseWriter, r *http.Request) {
	url, err := strconv.Atoi(r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:])
	if err != nil || url >= urls {
		http.NotFound(rw, r)
		return
	}
	time.Sleep(time.Duration(rand.IntN(1000)) * time.Microsecond)
	version := w.versions[url].Load()
	time.Sleep(time.Duration(rand.IntN(2000)) * time.Microsecond)
	h := rw.Header()
	h.Set("Cache-Control", [...]string{
		"max-age=3600", "max-age=1, stale-while-revalidate=30", "max-age=1, stale-if-error=30", "max-age=0", "max-age=60",
	}[url%5])
	h.Set("Surrogate-Key", fmt.Sprintf("u%d g%d", url, url%groups))
	tag := fmt.Sprintf("%q", fmt.Sprint(url, "-", version))
	h.Set("ETag", tag)
	if url%7 == 0 && rand.IntN(20) == 0 {
		rw.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	if r.Header.Get("If-None-Match") == tag {
		w.validity.Add(1)
		rw.WriteHeader(http.StatusNotModified)
		return
	}
	fmt.Fprintf(rw, "%d %d %s", url, version, strings.Repeat("x", 100*(url%50)))
}

// get asks for a URL and records the version in the answer. A request that fails counts as
// no answer.
func (w *world) get(client, url int) error {
	base := w.subject.base()
	if base == "" {
		time.Sleep(time.Millisecond)
		return nil
	}
	r, err := http.NewRequest(http.MethodGet, base+path(url), nil)
	if err != nil {
		return err
	}
	r.Host = host
	from := w.history.now()
	resp, err := transports[client].Do(r)
	if err != nil {
		return nil
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		return nil
	}
	var got int
	var version int64
	if _, err := fmt.Sscan(string(body), &got, &version); err != nil || got != url {
		return fmt.Errorf("%s: body %.20q", path(url), body)
	}
	w.asked.Add(1)
	w.history.add(url, client, event{'g', version}, from)
	return nil
}

var transports = func() (all [clients]*http.Client) {
	for i := range all {
		all[i] = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1}, Timeout: 20 * time.Second}
	}
	return all
}()

// changes changes a URL a few times, so that a purge comes while what another one
// made necessary is being fetched.
func (w *world) changes(rng *rand.Rand, client, url int) {
	for range 1 + rng.IntN(3) {
		w.change(rng, client, url)
		time.Sleep(time.Duration(rng.IntN(3000)) * time.Microsecond)
	}
}

// change writes a new version of a URL and purges it by one of its names. The
// purge counts for all URLs that it covers.
func (w *world) change(rng *rand.Rand, client, url int) {
	covered := []int{url}
	from := w.history.now()
	w.history.add(url, client, event{'w', w.versions[url].Add(1)}, from)
	item := purge.Item{Kind: purge.URL, Name: host + path(url)}
	group := func() (all []int) {
		for i := url % groups; i < urls; i += groups {
			all = append(all, i)
		}
		return all
	}
	switch rng.IntN(20) {
	case 0, 1, 2, 3, 4, 5:
		item = purge.Item{Kind: purge.Tag, Name: fmt.Sprint("u", url)}
	case 6:
		item, covered = purge.Item{Kind: purge.Tag, Name: fmt.Sprint("g", url%groups)}, group()
	case 7:
		item, covered = purge.Item{Kind: purge.Prefix, Name: fmt.Sprint(host, "/g", url%groups)}, group()
	case 8:
		item = purge.Item{Kind: purge.SiteTag, Site: "linear", Name: fmt.Sprint("u", url)}
	case 9:
		if rng.IntN(10) == 0 {
			item, covered = purge.Item{Kind: purge.Host, Name: host}, nil
		}
	}
	if covered == nil {
		for i := range urls {
			covered = append(covered, i)
		}
	}
	from = w.history.now()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if w.subject.purge(ctx, []purge.Item{item}) != nil {
		return // it may be in force or not: nobody was told that it is
	}
	for _, i := range covered {
		w.history.add(i, client, event{'p', 0}, from)
	}
}

// run asks, changes and breaks until so many gets were answered.
func (w *world) run(t *testing.T, seed uint64) {
	var running sync.WaitGroup
	target := int64(*gets)
	done := func() bool { return w.asked.Load() >= target || t.Failed() }
	for c := range clients {
		running.Go(func() {
			rng := rand.New(rand.NewPCG(seed, uint64(c)))
			zipf := rand.NewZipf(rng, skew, 4, urls-1)
			for !done() {
				if err := w.get(c, int(zipf.Uint64())); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for p := range purgers {
		running.Go(func() {
			rng := rand.New(rand.NewPCG(seed, uint64(1000+p)))
			zipf := rand.NewZipf(rng, skew, 4, urls-1)
			for i := int64(0); !done(); {
				if i >= w.asked.Load()/200/purgers {
					time.Sleep(200 * time.Microsecond)
					continue
				}
				i++
				w.changes(rng, clients+p, int(zipf.Uint64()))
			}
		})
	}
	for b := range *breaks {
		for !done() && w.asked.Load() < target*int64(b+1)/int64(*breaks+1) {
			time.Sleep(time.Millisecond)
		}
		if err := w.subject.end(b%2 == 0); err != nil {
			t.Error(err)
		}
	}
	running.Wait()
	counts := w.history.check(t)
	t.Logf("seed %d: %d gets, %d purges, %d writes, %d validations", seed, counts['g'], counts['p'], counts['w'], w.validity.Load())
	if counts['g'] == 0 || counts['p'] == 0 || w.validity.Load() == 0 {
		t.Error("little was tried")
	}
}
