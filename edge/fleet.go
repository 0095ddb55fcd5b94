package edge

import (
	"context"
	"fmt"

	"brink/purge"
)

// Fleet hands purges to all nodes. Its methods may be called from any goroutine.
type Fleet interface {
	// Publish hands items to the fleet, and waits until they have a number and
	// are in force here under it. After an error the fleet may have them or not.
	Publish(ctx context.Context, items []purge.Item) (purge.Seq, error)

	// Announce has items handed to the fleet as soon as that can be, and never
	// waits. It reports whether they can be expected to get a number in a moment.
	Announce(items ...purge.Item) bool
}

// purgeFleet puts rules in force here at once, and has the fleet number them.
func (n *Node) purgeFleet(ctx context.Context, items []purge.Item, rules []purge.Rule) (purge.Seq, error) {
	n.purges.Ahead(rules...)
	seq, err := n.fleet.Publish(ctx, items)
	if err == nil {
		return seq, nil
	}
	// What they cover could not be stored before there is a number.
	return n.purges.Put(rules...), fmt.Errorf("%w: %w", purge.ErrNotSent, err)
}

// announce is purgeFleet without waiting.
func (n *Node) announce(items []purge.Item, rules []purge.Rule) {
	n.purges.Ahead(rules...)
	if !n.fleet.Announce(items...) {
		n.purges.Put(rules...)
	}
}
