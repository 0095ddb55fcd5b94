package admin

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"brink/purge"
)

// purgePatience is how long a call waits until its purge is durable here.
const purgePatience = 10 * time.Second

// Purger carries purges out. Its methods may be called from many goroutines.
type Purger interface {
	// PurgedSite returns the name of the site that answers for an item's host, or that
	// the item names. It returns "" if there is none. An error means that the item is
	// wrong.
	PurgedSite(item purge.Item) (site string, err error)

	// Purge puts items in force on this node, all under one number. If an error wraps
	// purge.ErrNotDurable, they are in force, and there is a receipt. After any other
	// error nothing is in force. The caller owns the receipt.
	Purge(ctx context.Context, items []purge.Item) (Receipt, error)

	// Applied says which nodes have applied a purge that is durable. It waits until all
	// have, or until ctx ends. The caller owns the receipt.
	Applied(ctx context.Context, seq purge.Seq) Receipt
}

// Wait says which nodes must have applied a purge before it is answered.
type Wait string

const (
	WaitNode  Wait = "node"  // the node that got the call
	WaitFleet Wait = "fleet" // all nodes of its fleet
)

// Receipt says which nodes have applied a purge.
type Receipt struct {
	Seq   purge.Seq            `json:"seq"`
	Nodes map[string]NodeState `json:"nodes"` // by id

	// AppliedAt is when the node that got the call first knew that a node had applied the
	// purge. It lacks a node if that time is not known any more.
	AppliedAt map[string]time.Time `json:"applied_at,omitempty"`

	Warnings []Warning `json:"warnings,omitempty"`
}

// Warning is a warning about a purge that is in force.
type Warning struct {
	Item    string `json:"item,omitempty"` // its position in the order; empty: about several items
	Name    string `json:"name,omitempty"`
	Message string `json:"message"`
}

// maxWarnings is how many warnings an answer shows; it counts the others.
const maxWarnings = 10

// everywhere reports whether all nodes have applied it.
func (r *Receipt) everywhere() bool {
	for _, state := range r.Nodes {
		if state != Applied {
			return false
		}
	}
	return true
}

// update adds the newest state of a purge. It keeps the first time that is known of a node.
func (r *Receipt) update(now Receipt) {
	r.Nodes = now.Nodes
	for node, at := range now.AppliedAt {
		if _, known := r.AppliedAt[node]; !known {
			if r.AppliedAt == nil {
				r.AppliedAt = make(map[string]time.Time)
			}
			r.AppliedAt[node] = at
		}
	}
}

// NodeState is how far a node is with a purge.
type NodeState string

const (
	Applied    NodeState = "applied"
	NotDurable NodeState = "not_durable" // applied, but a restart may lose it
	NotSent    NodeState = "not_sent"    // applied, but the other nodes may not have it
	Behind     NodeState = "behind"      // not known to have applied it
	Missing    NodeState = "missing"     // behind, and has sent nothing for too long
)

func (s *Server) purge(w http.ResponseWriter, r *request) *failure {
	if f := r.token.checkRate(time.Now()); f != nil {
		return f
	}
	f := s.receive(w, r)
	if f != nil && f.receipt == nil && f.status != http.StatusTooManyRequests {
		r.token.spendOne(time.Now()) // a call over the rate costs nothing, so that its Retry-After stays right
	}
	if f != nil {
		return f
	}
	if r.repeated {
		w.Header().Set("Idempotent-Replayed", "true")
	}
	if !r.receipt.everywhere() {
		return writeJSON(w, http.StatusAccepted, r.receipt)
	}
	return answer(w, r.receipt)
}

// receive reads an order and carries it out.
func (s *Server) receive(w http.ResponseWriter, r *request) *failure {
	body, f := readBody(r, maxOrderBody)
	if f != nil {
		return f
	}
	if r.order, f = parseOrder(body); f != nil {
		return f
	}
	// An error means that there is no limit to the time of an answer.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(purgePatience + r.order.timeout + sendTimeout))
	r.receipt, f = s.once(r, body, func() (*Receipt, *failure) {
		items, warnings, f := s.check(r.order, r.token)
		if f != nil {
			return nil, f
		}
		if f := r.token.spend(time.Now(), len(items)); f != nil {
			return nil, f
		}
		return s.carryOut(r, items, warnings)
	})
	return f
}

// check returns the items that an order purges. It fails if an item is malformed, or if the
// token may not purge it.
func (s *Server) check(o *order, t *token) (items []purge.Item, warnings []Warning, f *failure) {
	if f := t.permits(o); f != nil {
		return nil, nil, f
	}
	all, f := o.items(t.sites())
	if f != nil {
		return nil, nil, f
	}
	unmatched := 0
	for i := range all {
		site, f := s.checkItem(&all[i], t)
		if f != nil {
			return nil, nil, f
		}
		if site == "" && all[i].ofHost() {
			if unmatched++; unmatched <= maxWarnings {
				warnings = append(warnings, Warning{all[i].position.String(), clip(all[i].Name), "matches no site"})
			}
		}
		items = append(items, all[i].Item)
	}
	if more := unmatched - maxWarnings; more > 0 {
		warnings = append(warnings, Warning{Message: strconv.Itoa(more) + " more items match no site"})
	}
	return items, warnings, nil
}

// checkItem returns the site of an item. It fails if the item is malformed, or if the token
// may not purge it.
func (s *Server) checkItem(p *orderItem, t *token) (site string, f *failure) {
	plain, err := p.Plain()
	if err != nil {
		return "", fail(http.StatusNotImplemented, "purge_pattern", clip(p.position.String()+": "+err.Error()),
			"end a path in * to purge all that begins with it, or purge a tag, a host or a site")
	}
	if plain.Kind != p.Kind {
		if f := t.permitsKind("prefix", p.position.String()); f != nil {
			return "", f
		}
	}
	if site, err = s.purger.PurgedSite(p.Item); err != nil {
		return "", badOrder(p.position.String()+": "+err.Error(), hints[p.Kind])
	}
	return site, t.permitsItem(p, site)
}

// hints say how to write each kind of item.
var hints = map[purge.Kind]string{
	purge.URL:     `as in "http://host/path?query"`,
	purge.Prefix:  `as in "http://host/path/", without a query`,
	purge.Tag:     "as the origin sends it in Surrogate-Key, Cache-Tag, xkey or X-Magento-Tags",
	purge.SiteTag: "give the names that the sites have in the conf",
	purge.Host:    `as in "www.example.com"`,
	purge.Site:    "give the name that the site has in the conf",
}

// carryOut purges items, even if the client disconnects, and keeps the receipt.
func (s *Server) carryOut(r *request, items []purge.Item, warnings []Warning) (*Receipt, *failure) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), purgePatience)
	defer cancel()
	receipt, err := s.purger.Purge(ctx, items)
	receipt.Warnings = warnings
	if err == nil && r.order.wait == WaitFleet {
		s.await(r, &receipt)
	}
	inForce := err == nil || errors.Is(err, purge.ErrNotDurable)
	if inForce { // the kept receipt shares maps with this one, which does not change any more
		s.receipts.keep(newKept(r, receipt, len(items), err != nil))
	}
	switch {
	case err == nil:
		return &receipt, nil
	case errors.Is(err, purge.ErrNotSent):
		f := fail(http.StatusServiceUnavailable, "not_sent",
			clip("the purge is in force on this node, but the other nodes may not have it: "+err.Error()),
			"look whether the servers of the fleet are up, and send the purge again; brink_fleet_in_sync says whether this node reaches them")
		f.receipt = &receipt
		return &receipt, f
	case inForce:
		f := fail(http.StatusServiceUnavailable, "not_durable",
			"the purge is in force on this node, but a restart may lose it: "+err.Error(),
			"look at the disk of the node, and send the purge again; brink_purge_durable says when all is durable")
		f.receipt = &receipt
		return &receipt, f
	}
	s.log.Error("purge failed", "error", err)
	return nil, fail(http.StatusServiceUnavailable, "not_purged", clip("nothing is purged: "+err.Error()), "send it again")
}

// await waits until all nodes have applied a purge, at most for the order's timeout.
func (s *Server) await(r *request, receipt *Receipt) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), r.order.timeout)
	defer cancel()
	receipt.update(s.purger.Applied(ctx, receipt.Seq))
}
