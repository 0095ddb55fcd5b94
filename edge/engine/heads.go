package engine

import (
	"sync"
	"time"
)

// heads are the connections with an incomplete head, in the order in which the heads
// began. New connections, on which nothing has come yet, are among them.
type heads struct {
	mu sync.Mutex

	first, last *Account // the oldest and the newest
}

// push adds a as the newest, unless it is in the list.
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

// remove removes a, if it is in the list.
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

// oldest removes and returns the oldest if it began at least age ago; nil: none did.
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
