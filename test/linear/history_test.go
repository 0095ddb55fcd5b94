package linear

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
)

// event is what somebody did to a URL.
type event struct {
	kind    byte // 'w'rite, 'p'urge or 'g'et
	version int64
}

// state is what a URL's clients may see: a version from least to newest.
type state struct{ least, newest int64 }

var model = porcupine.Model{
	Init: func() any { return state{} },
	Step: func(s, input, output any) (bool, any) {
		now := s.(state)
		switch e := input.(event); e.kind {
		case 'w':
			return e.version == now.newest+1, state{now.least, e.version}
		case 'p':
			return true, state{now.newest, now.newest}
		}
		v := output.(event).version
		return now.least <= v && v <= now.newest, now
	},
	Equal: func(a, b any) bool { return a == b },
	DescribeOperation: func(input, output any) string {
		return fmt.Sprintf("%c %d", input.(event).kind, output.(event).version)
	},
}

// history is what was done to each URL, and when.
type history struct {
	start time.Time
	urls  []struct {
		mu  sync.Mutex
		ops []porcupine.Operation
	}
}

func newHistory(urls int) *history {
	h := &history{start: time.Now()}
	h.urls = make([]struct {
		mu  sync.Mutex
		ops []porcupine.Operation
	}, urls)
	return h
}

func (h *history) now() int64 { return int64(time.Since(h.start)) }

func (h *history) add(url, client int, e event, from int64) {
	u := &h.urls[url]
	to := h.now()
	u.mu.Lock()
	defer u.mu.Unlock()
	u.ops = append(u.ops, porcupine.Operation{ClientId: client, Input: e, Call: from, Output: e, Return: to})
}

// check reports the URLs whose history cannot be.
func (h *history) check(t *testing.T) (counts map[byte]int) {
	t.Helper()
	counts = map[byte]int{}
	for url := range h.urls {
		ops := h.urls[url].ops
		for _, op := range ops {
			counts[op.Input.(event).kind]++
		}
		switch result, _ := porcupine.CheckOperationsVerbose(model, ops, time.Minute); result {
		case porcupine.Illegal:
			t.Errorf("URL %d: no order explains what was seen%s", url, stale(ops))
		case porcupine.Unknown:
			t.Errorf("URL %d: not checked in a minute", url)
		}
	}
	return counts
}

// stale describes the first get that returned less than a purge before it left.
func stale(ops []porcupine.Operation) string {
	for _, get := range ops {
		if get.Input.(event).kind != 'g' {
			continue
		}
		got := get.Output.(event).version
		for _, purge := range ops {
			if purge.Input.(event).kind != 'p' || purge.Return >= get.Call {
				continue
			}
			for _, write := range ops {
				if e := write.Input.(event); e.kind == 'w' && write.Return < purge.Call && e.version > got {
					return fmt.Sprintf(": version %d at %d-%d, although %d was written by %d and purged for at %d-%d",
						got, get.Call, get.Return, e.version, write.Return, purge.Call, purge.Return)
				}
			}
		}
	}
	return ""
}

// The check can fail.
func TestModel(t *testing.T) {
	op := func(kind byte, version, from, to int64) porcupine.Operation {
		e := event{kind, version}
		return porcupine.Operation{Input: e, Output: e, Call: from, Return: to}
	}
	for _, c := range []struct {
		name string
		ops  []porcupine.Operation
		want bool
	}{
		{"fresh", []porcupine.Operation{op('w', 1, 0, 1), op('p', 0, 2, 3), op('g', 1, 4, 5)}, true},
		{"not purged", []porcupine.Operation{op('w', 1, 0, 1), op('g', 0, 4, 5)}, true},
		{"while it is purged", []porcupine.Operation{op('w', 1, 0, 1), op('p', 0, 2, 6), op('g', 0, 4, 5)}, true},
		{"purged before", []porcupine.Operation{op('w', 1, 0, 1), op('p', 0, 2, 3), op('g', 0, 4, 5)}, false},
		{"written after the purge", []porcupine.Operation{op('p', 0, 0, 1), op('w', 1, 2, 3), op('g', 0, 4, 5)}, true},
		{"back again", []porcupine.Operation{op('w', 1, 0, 1), op('p', 0, 2, 8), op('g', 1, 3, 4), op('g', 0, 5, 6)}, true},
		{"from nowhere", []porcupine.Operation{op('g', 1, 4, 5)}, false},
	} {
		if got := porcupine.CheckOperations(model, c.ops); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
