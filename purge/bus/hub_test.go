package bus

import (
	"testing"
	"time"

	"brink/purge"
)

// Three nodes are a hub, a fourth is its client. When the one that leads the stream
// goes, purges go on, and when it is back it catches up.
func TestHub(t *testing.T) {
	t.Parallel()
	ids := []string{"a", "b", "c"}
	var addresses, clients, stores, journals []string
	for range ids {
		addresses, clients = append(addresses, freeAddress(t)), append(clients, freeAddress(t))
		stores, journals = append(stores, t.TempDir()), append(journals, journal(t))
	}
	hub := make([]*node, len(ids))
	member := func(i int) {
		hub[i] = start(t, nil, ids[i], journals[i], func(o *Options) {
			o.Replicas, o.Secret = 3, "s"
			o.Embedded = &Embedded{Store: stores[i], Clients: clients[i], Address: addresses[i]}
			for j, peer := range addresses {
				if j != i {
					o.Embedded.Peers = append(o.Embedded.Peers, peer)
				}
			}
		})
	}
	done := make(chan bool)
	for i := range ids {
		go func() { member(i); done <- true }()
	}
	for range ids {
		<-done
	}
	edge := start(t, nil, "edge", "", func(o *Options) {
		o.Secret, o.Servers = "s", []string{"nats://" + clients[0], "nats://" + clients[1], "nats://" + clients[2]}
	})
	stamp := edge.publish("x")
	for _, n := range hub {
		n.applied(stamp)
		n.want(stamp-1, "x", purge.Hard)
	}
	s, err := edge.stream(t.Context())
	if err != nil || s.CachedInfo().Config.Replicas != 3 {
		t.Fatal(err, s.CachedInfo().Config)
	}
	leader := -1
	for i, id := range ids {
		if s.CachedInfo().Cluster.Leader == id {
			leader = i
		}
	}
	began := time.Now()
	hub[leader].close()
	seq := edge.publish("y")
	t.Logf("a purge without the leader of before: %v after it began to end", time.Since(began))
	for i, n := range hub {
		if i != leader {
			n.applied(seq)
			n.want(stamp, "y", purge.Hard)
			n.want(stamp, "z", purge.Untouched)
		}
	}
	member(leader)
	hub[leader].want(stamp, "y", purge.Hard)
	hub[leader].want(stamp, "z", purge.Untouched)
}
