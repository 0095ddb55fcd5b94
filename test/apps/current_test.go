package apps

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// neverOld lets readers ask for pages all the time while an editor makes one edition
// after the other. When edit has returned, its purge is in force, and nobody may get an
// earlier edition. In a page, mark is the text before the number of the edition. Every
// purge causes a fetch, so many purges come during a fetch.
func (f *front) neverOld(t *testing.T, pages []string, mark string, from, to int, edit func(edition int)) {
	t.Helper()
	var latest atomic.Int64
	latest.Store(int64(from))
	var readers sync.WaitGroup
	done := make(chan struct{})
	for i := range 4 {
		v := f.newVisitor(t, fmt.Sprintf("impatient reader %d", i))
		readers.Go(func() {
			for n := i; ; n++ {
				select {
				case <-done:
					return
				default:
				}
				page, least := pages[n%len(pages)], latest.Load()
				a := v.get(t, page)
				if got := edition(a.body, mark); got < least {
					t.Errorf("%s has edition %d after the purge for %d: %d %s", page, got, least, a.status, a.cache())
				}
			}
		})
	}
	for n := from + 1; n <= to; n++ {
		edit(n)
		latest.Store(int64(n))
	}
	close(done)
	readers.Wait()
}

// awaitPurge waits until the access log has a purge of a page, behind its first from
// lines, for applications that answer an edit before they purge.
func (f *front) awaitPurge(t *testing.T, from int, page string) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		for _, l := range f.logLines()[from:] {
			if l.Method == "PURGE" && l.URL == f.url(page) {
				if l.Status != 200 {
					t.Errorf("the purge of %s is answered %d", page, l.Status)
				}
				return
			}
		}
	}
	t.Errorf("no purge of %s", page)
}

// edition reads the number behind a mark, or -1.
func edition(body, mark string) int64 {
	_, rest, found := strings.Cut(body, mark)
	if !found {
		return -1
	}
	end := 0
	for end < len(rest) && '0' <= rest[end] && rest[end] <= '9' {
		end++
	}
	n, err := strconv.ParseInt(rest[:end], 10, 64)
	if err != nil {
		return -1
	}
	return n
}
