package admin

import (
	"container/list"
	"crypto/sha256"
	"net/http"
	"strconv"
	"sync"
	"time"
)

const (
	maxKey     = 128    // bytes of an Idempotency-Key
	maxRepeats = 10_000 // keys of a token that are remembered; the oldest is dropped
	repeatTime = 24 * time.Hour

	maxRepeatNodes = 100_000 // nodes in the receipts of a token's keys; the oldest are dropped
)

// repeats remembers the orders of a token by their Idempotency-Key, so that an order that is
// sent again is not carried out again.
type repeats struct {
	mu sync.Mutex

	byKey map[string]*list.Element
	order list.List // of *repeat, the oldest first
	nodes int       // in their receipts
}

// repeat is one order. A request with the same key waits until done is closed.
type repeat struct {
	key   string
	body  [sha256.Size]byte
	began time.Time
	done  chan struct{}

	receipt *Receipt // set before done is closed; nil: the order was refused, or may be lost
}

// begin returns the order of a key. If first is true, the caller must carry the order out and
// then call end.
func (r *repeats) begin(key string, body []byte, now time.Time) (e *repeat, first bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for oldest := r.order.Front(); oldest != nil && now.Sub(oldest.Value.(*repeat).began) >= repeatTime; oldest = r.order.Front() {
		r.forgetLocked(oldest)
	}
	if known, ok := r.byKey[key]; ok {
		return known.Value.(*repeat), false
	}
	if r.order.Len() == maxRepeats {
		r.forgetLocked(r.order.Front())
	}
	if r.byKey == nil {
		r.byKey = make(map[string]*list.Element)
	}
	e = &repeat{key: key, body: sha256.Sum256(body), began: now, done: make(chan struct{})}
	r.byKey[key] = r.order.PushBack(e)
	return e, true
}

// end gives the receipt to the requests that wait. If it is nil, the next of them carries the
// order out.
func (r *repeats) end(e *repeat, receipt *Receipt) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if known := r.byKey[e.key]; receipt == nil && known != nil && known.Value.(*repeat) == e {
		r.forgetLocked(known)
	}
	e.receipt = receipt
	close(e.done)
	if known := r.byKey[e.key]; receipt != nil && known != nil && known.Value.(*repeat) == e {
		r.nodes += len(receipt.Nodes)
	}
	for r.nodes > maxRepeatNodes && r.order.Len() > 1 {
		r.forgetLocked(r.order.Front())
	}
}

func (r *repeats) forgetLocked(known *list.Element) {
	e := known.Value.(*repeat)
	if e.receipt != nil {
		r.nodes -= len(e.receipt.Nodes)
	}
	delete(r.byKey, e.key)
	r.order.Remove(known)
}

// once calls carryOut, unless an order with the same key has been carried out. Then it returns
// the receipt of that.
func (s *Server) once(r *request, body []byte, carryOut func() (*Receipt, *failure)) (*Receipt, *failure) {
	values := r.Header.Values("Idempotency-Key")
	if len(values) == 0 {
		return carryOut()
	}
	key := values[0]
	if len(values) > 1 || key == "" || len(key) > maxKey {
		return nil, fail(http.StatusBadRequest, "bad_key", "the Idempotency-Key is empty, too long or there twice",
			"send one of 1 to "+strconv.Itoa(maxKey)+" bytes, a new one for each purge")
	}
	for {
		e, first := r.token.repeats.begin(key, body, time.Now())
		if first {
			return r.token.repeats.carryOut(e, carryOut)
		}
		if e.body != sha256.Sum256(body) {
			return nil, fail(http.StatusConflict, "key_reused", "the Idempotency-Key was sent with another body before",
				"send a new key for each purge, and the same only to repeat one")
		}
		<-e.done
		if e.receipt != nil {
			r.repeated = true
			return e.receipt, nil
		}
	}
}

func (r *repeats) carryOut(e *repeat, carryOut func() (*Receipt, *failure)) (receipt *Receipt, f *failure) {
	var durable *Receipt
	defer func() { r.end(e, durable) }()
	receipt, f = carryOut()
	if f == nil {
		durable = receipt
	}
	return receipt, f
}
