package engine

import (
	"sync"
	"time"
)

// heads are the connections whose heads are unfinished, in the order in which these
// began. New connections, of which nothing has come yet, are among them.
type heads struct {
	mu sync.Mutex

	first, last *Account // the oldest and the newest
}

// push makes a the newest, unless it is there.
func (h *heads) push(a *Account) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if a.queued {
		return
	}
	a.queued, a.began = true, time.Now()
	a.older, a.newer = h.last, nil
	if h.last != nil {
		h.last.newer = a
	} else {
		h.first = a
	}
	h.last = a
}

// remove takes a out, if it is there.
func (h *heads) remove(a *Account) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.removeLocked(a)
}

func (h *heads) removeLocked(a *Account) {
	if !a.queued {
		return
	}
	if a.older != nil {
		a.older.newer = a.newer
	} else {
		h.first = a.newer
	}
	if a.newer != nil {
		a.newer.older = a.older
	} else {
		h.last = a.older
	}
	a.older, a.newer, a.queued = nil, nil, false
}

// oldest takes the oldest out if it began at least some time ago; nil: there is none.
func (h *heads) oldest(age time.Duration) *Account {
	h.mu.Lock()
	defer h.mu.Unlock()
	a := h.first
	if a == nil || time.Since(a.began) < age {
		return nil
	}
	h.removeLocked(a)
	return a
}
