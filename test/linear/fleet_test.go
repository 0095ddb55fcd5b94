package linear

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"brink/purge"
	"brink/test/brinktest"
)

const fleetNodes = 5

var errMissing = errors.New("not all nodes have applied it")

// fleet is five nodes, of which anyone may be asked and anyone purged. A purge
// counts if all of them have applied it.
type fleet struct {
	t     *testing.T
	nodes []*brinktest.Node
}

func (f *fleet) any() *brinktest.Node { return f.nodes[rand.IntN(len(f.nodes))] }

func (f *fleet) base() string { return "http://" + f.any().Address }

func (f *fleet) purge(ctx context.Context, items []purge.Item) error {
	got, err := order(ctx, f.any(), items, "fleet")
	if err != nil {
		return err
	}
	if len(got.Nodes) != fleetNodes {
		return errMissing
	}
	for _, state := range got.Nodes {
		if state != "applied" {
			return errMissing
		}
	}
	return nil
}

// end ends one of the nodes, but for the one with the server: without it nobody's
// purge counts.
func (f *fleet) end(clean bool) error {
	f.nodes[1+rand.IntN(fleetNodes-1)].Restart(f.t, !clean)
	return nil
}

// TestFleet is the promise of a fleet, whose nodes are killed and restarted
// meanwhile.
func TestFleet(t *testing.T) {
	for i := range *seeds {
		t.Run(fmt.Sprint("seed ", *seed+uint64(i)), func(t *testing.T) {
			w := newWorld(t)
			server := brinktest.FreeAddress(t)
			f := &fleet{t: t}
			for n := range fleetNodes {
				where := fmt.Sprintf("nats = [\"nats://%s\"]", server)
				if n == 0 {
					where = fmt.Sprintf("embedded {\n    store   = \"fleet\"\n    clients = %q\n  }", server)
				}
				f.nodes = append(f.nodes, brinktest.Start(t, fmt.Sprintf(
					"node { id = \"node-%d\" }\nfleet {\n  %s\n}\n$LISTEN\n$ADMIN\n%s", n, where, nodeConf(w.origin.URL, "cache"))))
			}
			w.subject = f
			w.run(t, *seed+uint64(i))
		})
	}
}
