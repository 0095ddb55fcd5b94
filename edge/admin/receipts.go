package admin

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"brink/purge"
)

// Limits of the receipts in memory. The oldest are dropped first.
const (
	maxReceipts     = 4096
	maxReceiptTimes = 100_000 // at which a node applied a purge
)

// kept is the record of a purge that is in force. It is immutable.
type kept struct {
	Receipt
	At    time.Time `json:"at"`
	Items int       `json:"items"` // tags count once for each of their sites
	Soft  bool      `json:"soft"`

	failed bool   // not durable or not sent: the states of the nodes are not updated
	owner  string // name of the token that purged
}

// newKept makes the record of a purge. It shares the maps of the receipt, which must not
// change any more.
func newKept(r *request, receipt Receipt, items int, failed bool) *kept {
	if !failed {
		receipt.Nodes = nil // their states are asked for when somebody reads the receipt
	}
	return &kept{Receipt: receipt, At: r.began.UTC(), Items: items, Soft: r.order.soft, failed: failed, owner: r.token.name}
}

// receipts keeps the records of the last purges, in memory only. Calls that come at the same
// time may have the same number.
type receipts struct {
	mu sync.Mutex

	bySeq map[purge.Seq][]*kept // the oldest first
	all   []*kept               // the oldest first
	times int                   // sum of the lengths of their AppliedAt
}

func (r *receipts) keep(k *kept) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.bySeq == nil {
		r.bySeq = make(map[purge.Seq][]*kept)
	}
	r.bySeq[k.Seq], r.all = append(r.bySeq[k.Seq], k), append(r.all, k)
	r.times += len(k.AppliedAt)
	for len(r.all) > maxReceipts || len(r.all) > 1 && r.times > maxReceiptTimes {
		r.forgetOldestLocked()
	}
}

func (r *receipts) forgetOldestLocked() {
	k := r.all[0]
	r.all[0], r.all = nil, r.all[1:]
	r.times -= len(k.AppliedAt)
	if rest := r.bySeq[k.Seq][1:]; len(rest) > 0 {
		r.bySeq[k.Seq] = rest
	} else {
		delete(r.bySeq, k.Seq)
	}
}

// find returns the record of a number that a token may see, and nil if there is none. Several
// purges may have one number: a node that was cut off from its fleet gave it to a purge of its
// own, and the fleet gave it to another one. So the newest purge that failed comes first. If
// none failed, find returns the newest.
func (r *receipts) find(seq purge.Seq, t *token) (found *kept) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, k := range slices.Backward(r.bySeq[seq]) {
		switch {
		case t.scope != nil && t.name != k.owner:
		case k.failed:
			return k
		case found == nil:
			found = k
		}
	}
	return found
}

// updated returns the record with the states that the nodes have now.
func (s *Server) updated(r *request, k *kept) *kept {
	if k.failed {
		return k
	}
	now := *k
	now.AppliedAt = maps.Clone(k.AppliedAt)
	ctx, cancel := context.WithCancel(r.Context())
	cancel()
	now.update(s.purger.Applied(ctx, k.Seq))
	return &now
}

// receipt answers GET /v1/purge/{seq}. A token with a scope finds only its own receipts.
func (s *Server) receipt(w http.ResponseWriter, r *request) *failure {
	text := strings.TrimPrefix(r.URL.Path, "/v1/purge/")
	if seq, err := strconv.ParseUint(text, 10, 64); err == nil {
		if k := s.receipts.find(purge.Seq(seq), r.token); k != nil {
			return answer(w, s.updated(r, k))
		}
	}
	return fail(http.StatusNotFound, "no_receipt", "there is no receipt "+quote(text),
		"the node keeps those of the last "+strconv.Itoa(maxReceipts)+" calls since its start, each for the token that made it")
}
