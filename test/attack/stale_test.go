package attack

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// edition is a page that names its number all over, so that any two of them
// cannot be mixed without notice.
func edition(n int64) string { return strings.Repeat(fmt.Sprintf("edition %d;", n), 500+int(n%7)*100) }

// fickle answers with editions that are stale at once, and between them with
// errors, broken responses and validations that say what is not so.
func fickle(editions *atomic.Int64) func(*answer, *seen) {
	return func(a *answer, q *seen) {
		lines := "Cache-Control: max-age=0, stale-if-error=600\r\n"
		if strings.HasPrefix(q.target, "/s/swr") {
			lines = "Cache-Control: max-age=0, stale-while-revalidate=600, stale-if-error=600\r\n"
		}
		asked := q.fields.get("If-None-Match")
		n := editions.Add(1)
		page := edition(n)
		kind := n % 6
		if asked == "" {
			kind = 5 // nothing is stored that could stand in
		}
		switch kind {
		case 0:
			a.reply(q, "500 Internal Server Error", "Cache-Control: max-age=600\r\n", "evil")
		case 1:
			a.raw(fmt.Sprintf("HTTP/1.1 200 OK\r\nETag: \"%d\"\r\n%sContent-Length: %d\r\n\r\n%s", n, lines, len(page), page[:len(page)/2]))
			a.reset()
		case 2:
			a.raw("HTTP/1.1 304 Not Modified\r\nETag: " + asked + "\r\n" + lines + "Content-Encoding: gzip\r\nContent-Type: evil/evil\r\nContent-Range: bytes 0-1/2\r\nX-Merged: yes\r\n\r\n")
		case 3:
			a.raw("HTTP/1.1 304 Not Modified\r\nETag: \"evil\"\r\n" + lines + "\r\n")
		case 4:
			a.reset()
		default:
			a.reply(q, "200 OK", fmt.Sprintf("ETag: \"%d\"\r\nContent-Type: text/plain\r\n%s", n, lines), page)
		}
	}
}

// TestStale has many clients ask for what is always stale while the origin
// fails in every way. Each must get a whole edition with its own fields.
func TestStale(t *testing.T) {
	t.Parallel()
	var editions atomic.Int64
	w := newWorld(t, setup{loose: true, routes: []route{{prefix: "/s/", serve: fickle(&editions)}}})
	const clients, rounds, pages = 16, 60, 4
	t.Cleanup(func() {
		if n := editions.Load(); n < clients*rounds {
			t.Errorf("C18: the origin was asked only %d times", n)
		}
	})
	for page := range pages {
		t.Run(fmt.Sprintf("C18/%d", page), func(t *testing.T) {
			t.Parallel()
			target := []string{"/s/swr/", "/s/"}[page%2] + newMark()
			var running sync.WaitGroup
			for range clients {
				running.Go(func() {
					for n := 0; n < rounds; {
						n += w.readsEditions(t, target, rounds-n)
					}
				})
			}
			running.Wait()
		})
	}
}

// readsEditions asks up to n times on one connection, and returns how often it
// was answered. Only a response that the node had begun to pass on may break
// off, and not where it refreshes behind the client's back.
func (w *world) readsEditions(t *testing.T, target string, n int) int {
	c := w.dial(t, "127.0.0.1")
	defer c.close()
	for i := range n {
		c.send(t, "GET "+target+" HTTP/1.1\r\nHost: a.test\r\n\r\n")
		r, err := c.read()
		switch {
		case err == nil && r.isEdition():
		case err != nil && (r == nil || r.isPart()) && !strings.HasPrefix(target, "/s/swr"):
			if r == nil {
				w.abandon()
			}
			return i + 1
		default:
			t.Errorf("got %.300s, %v", fmt.Sprintf("%+v", r), err)
			return n
		}
	}
	return n
}

// edition is the page that a response says it is; empty if it says nothing.
func (r *response) edition() string {
	var n int64
	if _, err := fmt.Sscanf(r.fields.get("ETag"), "\"%d\"", &n); err != nil || r.status != 200 {
		return ""
	}
	return edition(n)
}

// isEdition reports whether a response is one whole edition, with the tag of
// the same and nothing that would change what it means.
func (r *response) isEdition() bool {
	return r.body != "" && r.body == r.edition() && r.fields.get("Content-Range") == "" && r.fields.get("Content-Encoding") == "" &&
		len(r.fields.all("Content-Length")) == 1 && len(r.fields.all("ETag")) == 1
}

// isPart reports whether what came of a response is of its edition.
func (r *response) isPart() bool { return strings.HasPrefix(r.edition(), r.body) }
