package admin

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"brink/purge"
)

// purgePatience is how long a purge may take to become durable here.
const purgePatience = 10 * time.Second

// Purger is whom purges go through.
type Purger interface {
	// PurgedSite returns the name of the site that an item is of, or that
	// answers for its host; empty: there is none. An error is the item's fault.
	PurgedSite(item purge.Item) (site string, err error)

	// Purge puts items in force on this node, all under one number. An error
	// that wraps purge.ErrNotDurable comes with a receipt: they are in force.
	// With any other nothing is. The receipt is the caller's.
	Purge(ctx context.Context, items []purge.Item) (Receipt, error)

	// Applied says which nodes have applied a purge that went well. It waits
	// for those that are behind until ctx ends. The receipt is the caller's.
	Applied(ctx context.Context, seq purge.Seq) Receipt
}

// Wait says which nodes must have applied a purge before it is answered.
type Wait string

const (
	WaitNode  Wait = "node"  // the one that is asked
	WaitFleet Wait = "fleet" // all of its fleet; one without a fleet is the whole of it
)

// Receipt says who applied a purge.
type Receipt struct {
	Seq   purge.Seq            `json:"seq"`
	Nodes map[string]NodeState `json:"nodes"` // by id

	// AppliedAt is when the node that was asked knew that a node had applied it.
	// It has no node of which that is not known any more.
	AppliedAt map[string]time.Time `json:"applied_at,omitempty"`

	Warnings []Warning `json:"warnings,omitempty"`
}

// Warning is a warning about a purge that is in force.
type Warning struct {
	Item    string `json:"item,omitempty"` // where in the order it stands; empty: of more than one
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

// update adds the newest state of a purge. The first time that is known of a
// node stands.
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
	Behind     NodeState = "behind"      // not applied yet, as far as is known
	Missing    NodeState = "missing"     // not applied when it was last heard of, too long ago
)

func (s *Server) purge(w http.ResponseWriter, r *request) *failure {
	if f := r.token.ready(time.Now()); f != nil {
		return f
	}
	f := s.receive(w, r)
	if f != nil && f.receipt == nil && f.status != http.StatusTooManyRequests {
		r.token.charge(time.Now()) // not who came early: its Retry-After would be wrong
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

// receive reads an order and has it carried out.
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
		if f := r.token.take(time.Now(), len(items)); f != nil {
			return nil, f
		}
		return s.carryOut(r, items, warnings)
	})
	return f
}

// check returns the items that an order purges, if all of them can and may be purged.
func (s *Server) check(o *order, t *token) (items []purge.Item, warnings []Warning, f *failure) {
	if f := t.permits(o); f != nil {
		return nil, nil, f
	}
	all, f := o.items(t.sites())
	if f != nil {
		return nil, nil, f
	}
	strangers := 0
	for i := range all {
		site, f := s.checkItem(&all[i], t)
		if f != nil {
			return nil, nil, f
		}
		if site == "" && all[i].ofHost() {
			if strangers++; strangers <= maxWarnings {
				warnings = append(warnings, Warning{all[i].place.String(), clip(all[i].Name), "matches no site"})
			}
		}
		items = append(items, all[i].Item)
	}
	if more := strangers - maxWarnings; more > 0 {
		warnings = append(warnings, Warning{Message: strconv.Itoa(more) + " more items match no site"})
	}
	return items, warnings, nil
}

// checkItem returns the site that an item is of, if it can be and may be purged.
func (s *Server) checkItem(p *placed, t *token) (site string, f *failure) {
	plain, err := p.Plain()
	if err != nil {
		return "", fail(http.StatusNotImplemented, "purge_pattern", clip(p.place.String()+": "+err.Error()),
			"end a path in * to purge all that begins with it, or purge a tag, a host or a site")
	}
	if plain.Kind != p.Kind {
		if f := t.permitsKind("prefix", p.place.String()); f != nil {
			return "", f
		}
	}
	if site, err = s.purger.PurgedSite(p.Item); err != nil {
		return "", badOrder(p.place.String()+": "+err.Error(), hints[p.Kind])
	}
	return site, t.permitsItem(p, site)
}

// hints say how each kind of item is written.
var hints = map[purge.Kind]string{
	purge.URL:     `as in "http://host/path?query"`,
	purge.Prefix:  `as in "http://host/path/", without a query`,
	purge.Tag:     "as the origin sends it in Surrogate-Key, Cache-Tag, xkey or X-Magento-Tags",
	purge.SiteTag: "give the names that the sites have in the conf",
	purge.Host:    `as in "www.example.com"`,
	purge.Site:    "give the name that the site has in the conf",
}

// carryOut purges, also if the caller hangs up.
func (s *Server) carryOut(r *request, items []purge.Item, warnings []Warning) (*Receipt, *failure) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), purgePatience)
	defer cancel()
	receipt, err := s.purger.Purge(ctx, items)
	receipt.Warnings = warnings
	if err == nil && r.order.wait == WaitFleet {
		s.await(r, &receipt)
	}
	inForce := err == nil || errors.Is(err, purge.ErrNotDurable)
	if inForce { // from here on the receipt does not change
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

// await waits until all nodes have applied a purge, as long as the order says.
func (s *Server) await(r *request, receipt *Receipt) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), r.order.timeout)
	defer cancel()
	receipt.update(s.purger.Applied(ctx, receipt.Seq))
}
