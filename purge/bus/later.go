package bus

import (
	"context"
	"sync"
	"time"

	"brink/purge"
)

const (
	maxQueued      = 10_000  // items
	maxQueuedBytes = 4 << 20 // of their names
)

// queue holds items that are sent when the fleet can be reached. It is bounded. If it
// overflows, the items are lost and all nodes raise the floor instead.
type queue struct {
	mu sync.Mutex

	items []purge.Item
	known map[purge.Item]struct{} // of items: what is purged often is sent once
	bytes int
	lost  bool
	busy  bool // some are being sent

	news chan struct{} // has one in it when there may be something to send
	idle chan struct{} // has one in it when all may be sent
}

func (q *queue) init() { q.news, q.idle = make(chan struct{}, 1), make(chan struct{}, 1) }

// Announce sends items to the fleet as soon as possible. It never waits. It reports
// whether they will probably have a number in a moment.
func (b *Bus) Announce(items ...purge.Item) bool {
	q := &b.queue
	q.mu.Lock()
	for _, item := range items {
		q.addLocked(item)
	}
	q.mu.Unlock()
	wake(q.news)
	return b.State().InSync
}

func (q *queue) addLocked(item purge.Item) {
	if _, known := q.known[item]; known || q.lost {
		return
	}
	if q.bytes += len(item.Name) + len(item.Site); q.bytes > maxQueuedBytes || len(q.items) == maxQueued || checkItem(&item) != nil {
		q.items, q.known, q.bytes, q.lost = nil, nil, 0, true
		return
	}
	if q.known == nil {
		q.known = make(map[purge.Item]struct{})
	}
	q.items, q.known[item] = append(q.items, item), struct{}{}
}

func (q *queue) take() (items []purge.Item, lost bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	items, lost = q.items, q.lost
	q.items, q.known, q.bytes, q.lost, q.busy = nil, nil, 0, false, len(items) > 0 || lost
	if !q.busy {
		wake(q.idle)
	}
	return items, lost
}

// sendLater sends what is queued until the bus is closed.
func (b *Bus) sendLater() {
	for {
		select {
		case <-b.queue.news:
		case <-b.ctx.Done():
			return
		}
		for {
			items, lost := b.queue.take()
			if len(items) == 0 && !lost {
				break
			}
			for !b.sent(items, lost) {
				if !b.pause(betweenTrys) {
					return
				}
			}
		}
	}
}

func (b *Bus) sent(items []purge.Item, lost bool) bool {
	batches, err := b.publisher.add(items, lost)
	if err == nil {
		_, err = b.await(b.ctx, batches)
	}
	return err == nil
}

// flush waits for some time until the queue is sent.
func (b *Bus) flush(within time.Duration) {
	ctx, cancel := context.WithTimeout(b.ctx, within)
	defer cancel()
	for {
		b.queue.mu.Lock()
		empty := len(b.queue.items) == 0 && !b.queue.lost && !b.queue.busy
		b.queue.mu.Unlock()
		if empty {
			return
		}
		select {
		case <-b.queue.idle:
		case <-ctx.Done():
			return
		}
	}
}
