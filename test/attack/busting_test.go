package attack

import (
	"fmt"
	"strings"
	"testing"
)

// TestBusting floods a small cache with URLs that nobody asks for twice. What
// everybody asks for must stay.
func TestBusting(t *testing.T) {
	t.Parallel()
	const hot, unique, step = 20, 1600, 16
	body := strings.Repeat("0123456789abcdef", 1<<10)
	w := newWorld(t, setup{store: `memory = "16MiB"`, routes: []route{{prefix: "/b/", serve: func(a *answer, q *seen) {
		a.reply(q, "200 OK", "Cache-Control: max-age=600\r\n", body)
	}}}})
	c := w.dial(t, "127.0.0.1")
	defer c.close()
	ask := func(target string) *response {
		c.send(t, "GET "+target+" HTTP/1.1\r\nHost: a.test\r\n\r\n")
		return c.answer(t)
	}
	for range 3 {
		for i := range hot {
			ask(fmt.Sprintf("/b/hot/%d", i))
		}
	}
	asked, hits := 0, 0
	for n := range unique {
		ask(fmt.Sprintf("/b/?cb=%d", n))
		if n%step != 0 {
			continue
		}
		for i := range hot {
			asked++
			if ask(fmt.Sprintf("/b/hot/%d", i)).cached() {
				hits++
			}
		}
	}
	if hits < asked*95/100 {
		t.Errorf("E05: of %d requests for what is hot %d were hits", asked, hits)
	}
}
