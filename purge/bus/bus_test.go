package bus

import (
	"context"
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"brink/purge"
)

func TestTwoNodes(t *testing.T) {
	s := newServer(t)
	a, b := start(t, s, "a", ""), start(t, s, "b", "")
	stamp := b.log.Latest()
	seq := a.publish("x")
	if seq <= stamp || a.log.Latest() != seq {
		t.Errorf("number %d, latest %d, before %d", seq, a.log.Latest(), stamp)
	}
	for _, n := range a.Wait(t.Context(), seq) {
		if n.Standing != HasApplied {
			t.Errorf("%+v", n)
		}
	}
	b.want(stamp, "x", purge.Hard)
	b.want(stamp, "y", purge.Untouched)
	b.want(seq, "x", purge.Untouched)
	if b.log.Latest() != seq || b.log.Cursor().Seq != seq {
		t.Errorf("latest %d, cursor %d, want %d", b.log.Latest(), b.log.Cursor().Seq, seq)
	}
}

// All nodes see the same purges, under the same numbers, whoever sends them.
func TestFiveNodes(t *testing.T) {
	s := newServer(t)
	var nodes []*node
	for i := range 5 {
		nodes = append(nodes, start(t, s, fmt.Sprint("node-", i), ""))
	}
	stamp := nodes[0].log.Latest()
	var sending sync.WaitGroup
	var mu sync.Mutex
	sent := map[string]purge.Seq{}
	for i, n := range nodes {
		for j := range 40 {
			sending.Go(func() {
				tag := fmt.Sprint(i, "-", j)
				seq := n.publish(tag)
				mu.Lock()
				defer mu.Unlock()
				sent[tag] = seq
			})
		}
	}
	sending.Wait()
	var last purge.Seq
	for _, seq := range sent {
		last = max(last, seq)
	}
	for _, n := range nodes {
		n.applied(last)
		for tag, seq := range sent {
			n.want(stamp, tag, purge.Hard)
			n.want(seq-1, tag, purge.Hard)
			n.want(seq, tag, purge.Untouched)
		}
		n.want(stamp, "another", purge.Untouched)
	}
	if all := nodes[0].Wait(t.Context(), last); len(all) != 5 || slices.ContainsFunc(all, func(n Node) bool { return n.Standing != HasApplied }) {
		t.Errorf("%+v", all)
	}
}

// A node that was off has applied what it missed when Start returns, and nothing
// else of what it had is touched.
func TestAbsence(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	path := journal(t)
	a, b := start(t, s, "a", ""), start(t, s, "b", path)
	b.applied(a.publish("before"))
	stamp := b.log.Latest()
	b.close()
	var last purge.Seq
	for i := range 500 {
		last = a.publish(fmt.Sprint(i))
	}
	began := time.Now()
	b = start(t, s, "b", path)
	t.Logf("caught up within %v", time.Since(began))
	if b.log.Cursor().Seq != last {
		t.Errorf("cursor %d, want %d", b.log.Cursor().Seq, last)
	}
	b.want(stamp, "0", purge.Hard)
	b.want(stamp, "499", purge.Hard)
	b.want(stamp, "before", purge.Untouched)
	b.want(last, "499", purge.Untouched)
}

// A node that dies when it has applied something and nothing of that is on its disk
// applies it again.
func TestKilled(t *testing.T) {
	s := newServer(t)
	path := journal(t)
	a, b := start(t, s, "a", ""), start(t, s, "b", path)
	b.applied(a.publish("before"))
	b.close()
	stamp := b.log.Latest()
	survived, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b = start(t, s, "b", path)
	b.applied(b.publish("x"))
	b.close()
	if err := os.WriteFile(path, survived, 0o600); err != nil {
		t.Fatal(err)
	}
	b = start(t, s, "b", path)
	b.want(stamp, "x", purge.Hard)
	b.want(stamp, "y", purge.Untouched)
}

// A node that was away for longer than the stream remembers doubts all it has.
func TestTruncated(t *testing.T) {
	s := newServer(t)
	path := journal(t)
	a, b := start(t, s, "a", ""), start(t, s, "b", path)
	b.applied(a.publish("before"))
	stamp := b.log.Latest()
	b.close()
	a.publish("x")
	stream, err := a.stream(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	b = start(t, s, "b", path)
	b.want(stamp, "x", purge.Doubtful)
	b.want(b.log.Latest(), "x", purge.Untouched)
	b.applied(a.publish("y"))
	b.want(b.log.Latest()-1, "y", purge.Hard)
	if !b.said("the stream begins at") {
		t.Error(b.events)
	}
}

// A message that somebody deleted is missed, and seen to be.
func TestHole(t *testing.T) {
	s := newServer(t)
	path := journal(t)
	a, b := start(t, s, "a", ""), start(t, s, "b", path)
	b.applied(a.publish("before"))
	stamp := b.log.Latest()
	b.close()
	a.publish("w")
	gone := a.publish("x")
	last := a.publish("y")
	stream, err := a.stream(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.DeleteMsg(t.Context(), uint64(gone)); err != nil {
		t.Fatal(err)
	}
	b = start(t, s, "b", path)
	b.want(stamp, "x", purge.Doubtful)
	b.want(stamp, "y", purge.Hard)
	b.want(last, "x", purge.Untouched)
}

// A server that has lost its disk begins with higher numbers, and all nodes, those
// that never were away too, doubt what they have.
func TestRecreated(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	path := journal(t)
	a, b, away := start(t, s, "a", ""), start(t, s, "b", ""), start(t, s, "away", path)
	first := a.publish("before")
	b.applied(first)
	away.applied(first)
	stamp := b.log.Latest()
	away.close()
	s.stop()
	if err := os.RemoveAll(s.store); err != nil {
		t.Fatal(err)
	}
	s.start()
	eventually(t, "doubt", func() bool { return a.covers(stamp, "x") == purge.Doubtful && b.covers(stamp, "x") == purge.Doubtful })
	eventually(t, "both in sync", func() bool { return a.State().InSync && b.State().InSync })
	seq := b.publish("y")
	if seq <= first {
		t.Errorf("number %d after %d", seq, first)
	}
	a.applied(seq)
	a.want(stamp, "y", purge.Hard)
	a.want(a.log.Latest(), "y", purge.Untouched)
	away = start(t, s, "away", path)
	away.want(stamp, "x", purge.Doubtful)
}

// A node that has applied more than the stream has is with another stream.
func TestLostEnd(t *testing.T) {
	s := newServer(t)
	start(t, s, "a", "").publish("before")
	path := journal(t)
	log, lost := purge.Open(path, names, 0, 0)
	if lost != nil {
		t.Fatal(lost)
	}
	ahead := purge.Seq(time.Now().Add(time.Hour).UnixMicro())
	log.Apply(purge.Cursor{Seq: ahead}, purge.Rule{Kind: purge.Tag, ID: names.Tag("x")})
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	b := start(t, s, "b", path)
	b.want(ahead, "y", purge.Doubtful)
	stamp := b.log.Latest()
	b.publish("z")
	b.want(stamp, "z", purge.Hard)
	b.want(stamp, "y", purge.Untouched)
}

// What comes from outside is harmless: a message that makes no sense raises doubt,
// one that comes twice changes nothing, and all that follow are applied.
func TestForged(t *testing.T) {
	s := newServer(t)
	a, b := start(t, s, "a", ""), start(t, s, "b", "")
	forge := func(data []byte, id string) {
		t.Helper()
		m := &nats.Msg{Subject: purgeSubject, Data: data, Header: nats.Header{}}
		if id != "" {
			m.Header.Set(nats.MsgIdHdr, id)
		}
		if _, err := a.js.PublishMsg(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	for _, data := range [][]byte{nil, []byte("nonsense"), {2, 0, 1}, {1, 0, 1, 'n', 7, 1, 'h', 1, 'x'}} {
		stamp := b.log.Latest()
		forge(data, "")
		seq := a.publish("y")
		b.applied(seq)
		b.want(stamp, "x", purge.Doubtful)
		b.want(stamp, "y", purge.Hard)
		b.want(b.log.Latest(), "x", purge.Untouched)
	}
	stamp, version := b.log.Latest(), b.counts.applied.Load()
	again := (&message{node: "a", counter: 1, items: tags("z")}).append(nil)
	for range 3 {
		forge(again, "same") // kept once
		forge(again, "")     // kept each time
	}
	b.applied(a.publish("last"))
	if n := b.counts.applied.Load() - version; n != 5 {
		t.Errorf("%d items applied", n)
	}
	b.want(stamp, "z", purge.Hard)
	b.want(stamp, "x", purge.Untouched)
	for _, data := range [][]byte{nil, []byte("nonsense"), {2}, {1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 200, 'x'}, {1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0}} {
		if err := a.conn.Publish(reportSubject, data); err != nil {
			t.Fatal(err)
		}
	}
	for _, n := range b.Wait(t.Context(), b.State().Applied) {
		if n.ID != "a" && n.ID != "b" {
			t.Errorf("%+v", n)
		}
	}
	// Old messages given to take again change nothing.
	at := b.log.Latest()
	b.take(purge.Cursor{Seq: b.State().Applied}, again)
	b.take(purge.Cursor{Seq: 1}, again)
	if b.log.Latest() != at {
		t.Error("what was applied is applied again")
	}
}

// A node that is cut off says so, doubts what it has if that is wanted, and catches
// up with what the others and it itself had to say.
func TestCutOff(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	short := func(o *Options) { o.MaxIsolation = 300 * time.Millisecond }
	revalidate := func(o *Options) { o.Revalidate = true }
	a, b := start(t, s, "a", "", short), start(t, s, "b", "", short, revalidate)
	stamp := a.publish("before")
	b.applied(stamp)
	if a.NotReady() != "" || b.NotReady() != "" {
		t.Fatal(a.NotReady(), b.NotReady())
	}
	s.stop()
	eventually(t, "not ready", func() bool { return a.NotReady() != "" && b.NotReady() != "" })
	eventually(t, "b doubts all", func() bool { return b.covers(b.log.Latest(), "x") == purge.Doubtful })
	a.want(stamp, "x", purge.Untouched)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if seq, err := a.Publish(ctx, tags("x")); err == nil {
		t.Errorf("published as %d to nobody", seq)
	}
	if a.Announce(tags("x")...) {
		t.Error("a number is expected from nobody")
	}
	s.start()
	eventually(t, "x arrives", func() bool { return b.covers(stamp, "x") == purge.Hard })
	eventually(t, "ready", func() bool { return a.NotReady() == "" && b.NotReady() == "" })
	b.want(stamp, "y", purge.Untouched)
	if !b.said("cut off from the fleet") || !b.said("in sync with the fleet again") {
		t.Error(b.events)
	}
}

// A node that starts without its fleet goes on, doubts what it has, and catches up
// later.
func TestStartAlone(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	path := journal(t)
	b := start(t, s, "b", path)
	stamp := b.publish("before")
	b.close()
	s.stop()
	b = &node{t: t}
	b.log, _ = purge.Open(path, names, 0, 0)
	b.Bus = New(Options{Node: "b", Log: b.log, Report: b.event, Servers: []string{"nats://" + s.address}, Poll: 50 * time.Millisecond})
	t.Cleanup(b.close)
	if err := b.Start(resolve, 100*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	b.want(stamp, "x", purge.Doubtful)
	if b.NotReady() == "" || !b.said(errNotSynced.Error()) {
		t.Error(b.State())
	}
	s.start()
	eventually(t, "ready", func() bool { return b.NotReady() == "" })
	b.want(stamp, "x", purge.Untouched)
}

// cutOffPair starts two nodes and stops their server. It returns the number of a purge
// that both have applied.
func cutOffPair(t *testing.T, s *hubServer) (a, b *node, stamp purge.Seq) {
	t.Helper()
	a, b = start(t, s, "a", ""), start(t, s, "b", "")
	stamp = a.publish("before")
	b.applied(stamp)
	s.stop()
	eventually(t, "cut off", func() bool { return !a.conn.IsConnected() })
	return a, b, stamp
}

// What a node has purged while it was cut off, and had no room for, the others make
// up for by doubt.
func TestOverflow(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	a, b, stamp := cutOffPair(t, s)
	a.Announce(tags("taken")...)
	eventually(t, "taken", func() bool { items, _ := a.queued(); return items == 0 })
	for i := range maxQueued + 1 {
		a.Announce(tags(fmt.Sprint(i))...)
	}
	s.start()
	eventually(t, "doubt", func() bool { return b.covers(stamp, "x") == purge.Doubtful && b.covers(stamp, "taken") == purge.Hard })
	eventually(t, "all sent", func() bool { _, busy := a.queued(); return !busy })
	b.applied(a.publish("y"))
	b.want(b.log.Latest(), "x", purge.Untouched)
}

func (b *Bus) queued() (items int, busy bool) {
	b.queue.mu.Lock()
	defer b.queue.mu.Unlock()
	return len(b.queue.items), b.queue.busy || b.queue.lost
}

// A node that left is not waited for; one that fell silent is, until that is seen.
func TestNodes(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	a, b, c := start(t, s, "a", ""), start(t, s, "b", ""), start(t, s, "c", "")
	eventually(t, "all known", func() bool { return len(a.Nodes(0)) == 3 })
	b.close()
	eventually(t, "b has left", func() bool { return len(a.Nodes(0)) == 2 })
	c.end() // without a word
	c.running.Wait()
	seq := a.publish("x")
	all := a.Wait(t.Context(), seq)
	if len(all) != 2 || all[0].Standing != HasApplied || all[1].ID != "c" || all[1].Standing != Missing {
		t.Errorf("%+v", all)
	}
	twin := start(t, s, "a", "")
	eventually(t, "the same id is seen", func() bool { return a.said("another node has the id a") || twin.said("another node has the id a") })
}

// A message has at most so many items and bytes; a call may have more.
func TestLargeCalls(t *testing.T) {
	s := newServer(t)
	a, b := start(t, s, "a", ""), start(t, s, "b", "")
	stamp := b.log.Latest()
	many := make([]string, 2*maxItems+1)
	for i := range many {
		many[i] = fmt.Sprint(i)
	}
	long := make([]string, 40)
	for i := range long {
		long[i] = fmt.Sprintf("%0*d", maxText, i)
	}
	for _, all := range [][]string{many, long} {
		seq, err := a.Publish(t.Context(), tags(all...))
		if err != nil {
			t.Fatal(err)
		}
		b.applied(seq)
		b.want(stamp, all[0], purge.Hard)
		b.want(stamp, all[len(all)-1], purge.Hard)
	}
	if _, err := a.Publish(t.Context(), tags(fmt.Sprintf("%0*d", maxText+1, 0))); err == nil {
		t.Error("a name of any length is sent")
	}
}

// Who does not know the secret gets no further.
func TestSecret(t *testing.T) {
	t.Parallel()
	s := &hubServer{t: t, address: freeAddress(t), store: t.TempDir(), secret: "right"}
	s.start()
	t.Cleanup(s.stop)
	a := start(t, s, "a", "")
	a.publish("x")
	b := New(Options{Node: "b", Log: purge.NewLog(names, 0), Servers: []string{"nats://" + s.address}, Secret: "wrong"})
	t.Cleanup(func() { b.Close() })
	if err := b.Start(resolve, 300*time.Millisecond); err == nil && b.NotReady() == "" {
		t.Error("in sync without the secret")
	}
}

// Of the last purges it is known when others had applied them, of older ones not.
func TestMoments(t *testing.T) {
	var h heard
	if at := h.moments.since(1); !at.IsZero() {
		t.Errorf("never heard of: %v", at)
	}
	start := time.Now()
	at := func(n int) time.Time { return start.Add(time.Duration(n) * time.Second) }
	for n := 1; n <= 1000; n++ {
		h.hear(purge.Seq(10*n), at(n))
		h.hear(purge.Seq(10*n), at(n).Add(time.Millisecond)) // a heartbeat
	}
	if len(h.moments.all) > maxMoments {
		t.Errorf("%d are kept", len(h.moments.all))
	}
	for seq := purge.Seq(1); seq <= 10_010; seq++ {
		want := at(int(seq+9) / 10)
		got := h.moments.since(seq)
		switch {
		case seq > 10_000, seq < 10*(1000-maxMoments):
			want = time.Time{}
		case seq <= 10*(1000-maxMoments/2) && got.IsZero():
			continue
		}
		if !got.Equal(want) {
			t.Fatalf("%d: %v, want %v", seq, got, want)
		}
	}
	h.hear(5, at(2000)) // of another stream
	if got := h.moments.since(4); !got.IsZero() {
		t.Errorf("of another stream: %v", got)
	}
}

// What a server's node is to keep counts for the stream that is there.
func TestKeepAnew(t *testing.T) {
	t.Parallel()
	store, address, path := t.TempDir(), freeAddress(t), journal(t)
	begin := func(keep time.Duration) *node {
		return start(t, nil, "a", path, func(o *Options) {
			o.Embedded, o.Keep = &Embedded{Store: store, Clients: address}, keep
		})
	}
	n := begin(time.Hour)
	seq := n.publish("x")
	n.close()
	for _, keep := range []time.Duration{2 * time.Hour, time.Minute, time.Minute} {
		n = begin(keep)
		s, err := n.stream(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		c, state := s.CachedInfo().Config, s.CachedInfo().State
		if c.MaxAge != keep || c.Duplicates != min(remember, keep) || purge.Seq(state.LastSeq) != seq {
			t.Errorf("keeps for %v, ids for %v, ends at %d, not %d", c.MaxAge, c.Duplicates, state.LastSeq, seq)
		}
		n.close()
	}
}

// A node whose servers refused it twice comes back when they take it again.
func TestRefusedForAWhile(t *testing.T) {
	t.Parallel()
	s := &hubServer{t: t, address: freeAddress(t), store: t.TempDir(), secret: "right"}
	s.start()
	t.Cleanup(s.stop)
	a := start(t, s, "a", "")
	s.stop()
	s.secret = "wrong"
	s.start()
	time.Sleep(3 * time.Second)
	s.stop()
	s.secret = "right"
	s.start()
	for end := time.Now().Add(6 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if a.conn.IsConnected() {
			return
		}
	}
	t.Errorf("the connection is %v, for ever closed: %v", a.conn.Status(), a.conn.IsClosed())
}

// One URL that changes often does not put all that the fleet has in doubt.
func TestOneNameOften(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	a, b, stamp := cutOffPair(t, s)
	for range 2*maxQueued + 2 {
		a.Announce(tags("hot")...)
	}
	s.start()
	eventually(t, "all sent", func() bool { return b.covers(stamp, "hot") > purge.Untouched })
	time.Sleep(300 * time.Millisecond)
	b.want(stamp, "x", purge.Untouched)
}

// Who waits for the fleet right after its own start waits for all of it, also for
// those that are cut off.
func TestWaitAfterStart(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	slow := func(o *Options) { o.Heartbeat = 2 * time.Second }
	start(t, s, "b", "", slow)
	c := start(t, s, "c", "", slow)
	time.Sleep(300 * time.Millisecond)
	c.end() // cut off: without a word
	c.running.Wait()
	a := start(t, s, "a", "", slow)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	seq := a.publish("x")
	all := a.Wait(ctx, seq)
	if len(all) != 3 {
		t.Errorf("purge %d was waited for %d nodes of 3: %+v", seq, len(all), all)
	}
}

// What a node says by the numbers from before is not taken for the new ones, whenever
// it comes.
func TestNumbersFromBefore(t *testing.T) {
	b := New(Options{Node: "a", Log: purge.NewLog(names, 0), Heartbeat: time.Second})
	b.health.restart(50)
	b.note(report{node: "b", instance: 1, applied: 50})
	b.health.restart(20)
	b.note(report{node: "b", instance: 1, applied: 50})
	b.nodes.restart()
	b.note(report{node: "b", instance: 1, applied: 50})
	if all := b.Nodes(30); all[1].Standing == HasApplied {
		t.Errorf("%+v", all[1])
	}
}

// A node that is a little ahead, after the numbers began anew.
func TestAheadOfNewNumbers(t *testing.T) {
	b := New(Options{Node: "a", Log: purge.NewLog(names, 0), Heartbeat: time.Second})
	b.health.restart(20)
	b.nodes.restart()
	b.note(report{node: "b", instance: 1, applied: 20})
	b.note(report{node: "b", instance: 1, applied: 21}) // it is faster than this one
	b.health.advance(21)
	if all := b.Nodes(20); all[1].Standing != HasApplied {
		t.Errorf("of 20: %+v", all[1])
	}
}
