package fleet

import (
	"flag"
	"strings"
	"testing"
	"time"
)

var (
	partitionFor    = flag.Duration("partition", 3*time.Second, "how long a node is cut off")
	partitionPurges = flag.Int("missed", 2000, "purges that it misses")
)

// partitions are the ways in which a wire fails.
var partitions = []struct {
	name      string
	cut, heal func(*network)
}{
	{
		"link down",
		func(n *network) { n.ip("link", "set", n.wire, "down") },
		func(n *network) { n.ip("link", "set", n.wire, "up") },
	},
	{
		"nothing gets there",
		func(n *network) { n.ip("route", "add", "blackhole", n.busThere+"/32") },
		func(n *network) { n.ip("route", "del", "blackhole", n.busThere+"/32") },
	},
	{
		"nothing comes from there",
		func(n *network) { n.ip("-n", n.name, "route", "add", "blackhole", n.busHere+"/32") },
		func(n *network) { n.ip("-n", n.name, "route", "del", "blackhole", n.busHere+"/32") },
	},
}

// A node that is cut off from the fleet says so, and once it says that it is in
// sync again, it serves nothing that was purged meanwhile.
func TestPartition(t *testing.T) {
	t.Parallel()
	net := newNetwork(t)
	net.cable(net.wire, net.busHere, net.busThere)
	w := newSplitWorld(t, net)
	for _, p := range partitions {
		t.Run(p.name, func(t *testing.T) {
			w.t = t
			w.fill(w.edge, *partitionPurges)
			p.cut(net)
			cutAt := time.Now()
			w.each(*partitionPurges, func(path string) error { return w.purgeURL(w.hub, path, "node") })
			w.eventually("the edge says that it is cut off", func() bool {
				return strings.Contains(w.ready(w.edge), "purges: cut off from the fleet since")
			})
			time.Sleep(time.Until(cutAt.Add(*partitionFor)))
			healedAt := time.Now()
			p.heal(net)
			w.eventually("the edge is in sync", func() bool { return strings.Contains(w.ready(w.edge), `"ready": true`) })
			t.Logf("cut off for %v, %d purges missed, in sync %v after healing",
				healedAt.Sub(cutAt).Round(time.Millisecond), *partitionPurges, time.Since(healedAt).Round(time.Millisecond))
			if n := w.stale(w.edge, *partitionPurges); n > 0 {
				t.Errorf("%d of %d are stale", n, *partitionPurges)
			}
		})
	}
}
