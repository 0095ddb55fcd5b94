package bus

import (
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

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

// A member of a hub that has lost the others is not in sync, although its own server
// answers, and goes on to read for it.
func TestHubWithoutMajority(t *testing.T) {
	t.Parallel()
	var addresses []string
	for range 3 {
		addresses = append(addresses, freeAddress(t))
	}
	var others []*server.Server
	for i, id := range []string{"a", "b"} { // servers alone
		s, err := startServer(&Options{Node: id, Secret: "s", Report: func(Event) {}, Embedded: &Embedded{
			Store: t.TempDir(), Address: addresses[i], Peers: addresses,
		}})
		if err != nil {
			t.Fatal(err)
		}
		others = append(others, s)
		t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	}
	c := start(t, nil, "c", "", func(o *Options) {
		o.Replicas, o.Secret, o.MaxIsolation = 3, "s", 4*time.Second
		o.Embedded = &Embedded{Store: t.TempDir(), Address: addresses[2], Peers: addresses}
	})
	c.applied(c.publish("x"))
	s, err := c.stream(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	own := func() bool { // what reads for the node is on its own server
		for info := range s.ListConsumers(t.Context()).Info() {
			if info.Cluster != nil && info.Cluster.Leader == "c" {
				return true
			}
			_ = s.DeleteConsumer(t.Context(), info.Name) // another one is made, elsewhere
		}
		return false
	}
	for deadline := time.Now().Add(time.Minute); !own(); time.Sleep(300 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Skip("what reads for the node never came to its own server")
		}
	}
	eventually(t, "in sync", func() bool { return c.State().InSync })
	for _, o := range others {
		o.Shutdown()
	}
	eventually(t, "not in sync", func() bool { return !c.State().InSync })
	eventually(t, "not ready", func() bool { return c.NotReady() != "" })
}
