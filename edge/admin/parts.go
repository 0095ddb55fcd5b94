package admin

import (
	"context"
	"errors"
	"time"

	"brink/edge"
	"brink/purge"
	"brink/purge/bus"
	"brink/store"
	"brink/store/disk"
)

// Phase is how far a process is between its start and its end.
type Phase uint8

const (
	Starting Phase = iota
	Serving
	Draining
)

// ErrDraining is the error of a reload while the process ends, and the reason why it is
// not ready.
var ErrDraining = errors.New("the node is draining")

// Parts are the parts of a process that the admin listener needs. They implement Node and
// Purger.
type Parts struct {
	Edge  *edge.Node
	Store *store.Store
	Tier  *disk.Tier // nil: there is no disk tier
	Fleet *bus.Bus   // nil: the node is alone

	Phase     func() Phase
	ReadAgain func() (digest string, err error) // Reload
	InForce   func() Conf                       // Conf
}

// Ready implements Node.
func (p *Parts) Ready() (bool, []string) {
	switch p.Phase() {
	case Draining:
		return false, []string{ErrDraining.Error()}
	case Starting:
		return false, append([]string{"the node is starting"}, p.behind()...)
	}
	reasons := p.behind()
	return reasons == nil, reasons
}

// behind returns the reason why the node should get no traffic if it has not caught up with
// its fleet, and nil otherwise.
func (p *Parts) behind() []string {
	if p.Fleet == nil {
		return nil
	}
	if reason := p.Fleet.NotReady(); reason != "" {
		return []string{reason}
	}
	return nil
}

// Reload implements Node.
func (p *Parts) Reload(context.Context) (string, error) { return p.ReadAgain() }

// Conf implements Node.
func (p *Parts) Conf() Conf { return p.InForce() }

// Explain implements Node.
func (p *Parts) Explain(ctx context.Context, q edge.Question) (any, error) {
	return p.Edge.Explain(ctx, q)
}

// Object implements Node.
func (p *Parts) Object(q edge.Question) (any, bool) { return p.Edge.Object(q) }

// Fills implements Node.
func (p *Parts) Fills() any { return p.Edge.Fills() }

// Stats implements Node.
func (p *Parts) Stats() any { return p.Edge.Stats() }

// tiers is the answer to /debug/disk.
type tiers struct {
	Memory map[string]int64 `json:"memory"` // figures, as in the metrics
	Disk   disk.Status      `json:"disk"`
}

// Disk implements Node.
func (p *Parts) Disk() (any, bool) {
	if p.Tier == nil {
		return nil, false
	}
	stats := p.Store.Stats()
	return tiers{Memory: stats.Figures(), Disk: p.Tier.Status()}, true
}

// PurgedSite implements Purger.
func (p *Parts) PurgedSite(item purge.Item) (string, error) { return p.Edge.PurgedSite(item) }

// Purge implements Purger. If there is a fleet, the purge goes through it.
func (p *Parts) Purge(ctx context.Context, items []purge.Item) (Receipt, error) {
	seq, err := p.Edge.Purge(ctx, items)
	return p.receipt(seq, purgeState(err)), err
}

// Applied implements Purger. Without a fleet it knows of this node alone.
func (p *Parts) Applied(ctx context.Context, seq purge.Seq) Receipt {
	r := p.receipt(seq, Applied)
	if p.Fleet == nil {
		return r
	}
	for _, n := range p.Fleet.Wait(ctx, seq) {
		r.Nodes[n.ID] = standings[n.Standing]
		if !n.Since.IsZero() {
			r.AppliedAt[n.ID] = heardAt(n.Since)
		}
	}
	return r
}

// receipt returns a receipt with the state of this node alone.
func (p *Parts) receipt(seq purge.Seq, state NodeState) Receipt {
	id := p.Edge.Config().Node.ID
	r := Receipt{Seq: seq, Nodes: map[string]NodeState{id: state}}
	if state == Applied {
		r.AppliedAt = map[string]time.Time{id: heardAt(time.Now())}
	}
	return r
}

// heardAt rounds a time down to a millisecond, in UTC.
func heardAt(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

var standings = [...]NodeState{bus.HasApplied: Applied, bus.Behind: Behind, bus.Missing: Missing}

func purgeState(err error) NodeState {
	switch {
	case err == nil:
		return Applied
	case errors.Is(err, purge.ErrNotSent):
		return NotSent
	}
	return NotDurable
}
