package bus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/zeebo/xxh3"

	"brink/purge"
)

// Why the reading of the stream begins anew.
var (
	errAnother = errors.New("the stream is another one, or has lost its end")
	errLost    = errors.New("a message was lost on its way")
	errStuck   = errors.New("the stream is ahead, and nothing arrives")

	errLeaderless = errors.New("the servers of the stream have no majority")
)

const (
	askWithin = 2 * time.Second // the stream's leader must answer
	lostAfter = 30 * time.Second
	stuckFor  = 3 // polls

	maxAhead = 4 << 20 // bytes of messages that wait to be applied

	serversBeat = 2 * time.Second // within it servers that are well hear of each other
)

// follow applies what the stream holds, in its order, until the bus is closed.
func (b *Bus) follow() {
	for wait := 50 * time.Millisecond; b.ctx.Err() == nil; wait = min(2*wait, time.Second) {
		began := time.Now()
		err := b.session()
		if b.ctx.Err() != nil {
			return
		}
		if time.Since(began) > time.Second {
			wait = 50 * time.Millisecond
			b.report(true, err, "the purges of the fleet are read anew")
		}
		select {
		case <-b.reconnected:
		case <-time.After(wait):
		case <-b.ctx.Done():
		}
	}
}

// session reads the stream from where the node is, until something is wrong.
func (b *Bus) session() error {
	ctx, cease := context.WithCancelCause(b.ctx)
	defer cease(nil)
	asked, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	s, err := b.stream(asked)
	if err != nil {
		return err
	}
	info := s.CachedInfo()
	if quorumAge(info.Cluster) < 0 {
		return errLeaderless
	}
	mark, err := markAt(asked, s, info.State.LastSeq)
	if err != nil {
		return err
	}
	end := purge.Cursor{Seq: purge.Seq(info.State.LastSeq), Mark: mark}
	b.align(purge.Seq(info.State.FirstSeq), end)
	if err := b.recognize(asked, s, end); err != nil {
		return err
	}
	c, err := s.CreateConsumer(asked, jetstream.ConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: uint64(b.health.position() + 1),
		AckPolicy: jetstream.AckNonePolicy, MemoryStorage: true, Replicas: 1, InactiveThreshold: lostAfter,
	})
	if err != nil {
		return fmt.Errorf("read the stream: %w", err)
	}
	messages, err := c.Messages(jetstream.PullMaxMessagesWithBytesLimit(500, maxAhead), jetstream.PullExpiry(10*time.Second), jetstream.PullHeartbeat(2*time.Second))
	if err != nil {
		return fmt.Errorf("read the stream: %w", err)
	}
	defer messages.Stop()
	b.running.Go(func() { b.poll(ctx, cease, s, info.Created) })
	for n := uint64(1); ; n++ {
		m, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			if cause := context.Cause(ctx); cause != nil {
				return cause
			}
			return err
		}
		meta, err := m.Metadata()
		if err != nil {
			return err
		}
		if meta.Sequence.Consumer != n {
			return errLost
		}
		b.take(purge.Cursor{Seq: purge.Seq(meta.Sequence.Stream), Mark: markOf(m.Data(), meta.Timestamp)}, m.Data())
	}
}

// align compares where the node is with what the stream holds. What lies between is
// lost to the node, and all it has is doubtful.
func (b *Bus) align(first purge.Seq, end purge.Cursor) {
	at := b.health.position()
	switch {
	case at == 0: // nothing was ever applied; what the node has is of its own
		b.o.Log.Apply(end)
		b.advance(end.Seq)
	case end.Seq < at:
		b.restart(end, fmt.Sprintf("the stream ends at %d, and %d was applied", end.Seq, at))
	case first > at+1:
		b.o.Log.Apply(purge.Cursor{Seq: first - 1})
		b.advance(first - 1)
		b.doubt(nil, fmt.Sprintf("the stream begins at %d, and only %d was applied", first, at))
	}
}

// restart goes on at the end of a stream that has other numbers than those that were
// applied.
func (b *Bus) restart(end purge.Cursor, why string) {
	b.o.Log.Restart(end)
	b.health.restart(end.Seq)
	b.nodes.restart()
	b.doubt(errAnother, why)
}

// recognize compares the last applied message with the one that the stream has under
// its number. If they differ, the stream has lost its end, as after a restore from a
// copy, and has grown again. The node then does not know what the stream had meanwhile.
func (b *Bus) recognize(ctx context.Context, s jetstream.Stream, end purge.Cursor) (err error) {
	at, mark := b.o.Log.Cursor(), end.Mark
	if at.Mark == 0 || at.Seq != b.health.position() {
		return nil
	}
	if at.Seq != end.Seq {
		mark, err = markAt(ctx, s, uint64(at.Seq))
	}
	if err != nil || mark == 0 { // it was too old to be kept
		return err
	}
	if mark != at.Mark {
		b.restart(end, fmt.Sprintf("the stream has another message %d than the one that was applied", at.Seq))
	}
	return nil
}

// markAt returns the mark of a message; zero: the stream does not have it any more.
func markAt(ctx context.Context, s jetstream.Stream, seq uint64) (uint64, error) {
	if seq == 0 {
		return 0, nil
	}
	m, err := s.GetMsg(ctx, seq)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read the stream: %w", err)
	}
	return markOf(m.Data, m.Time), nil
}

// markOf returns the hash by which a message is recognized. It is never zero.
func markOf(data []byte, at time.Time) uint64 { return xxh3.HashSeed(data, uint64(at.UnixNano())) | 1 }

// take applies a message. A message that was applied before changes nothing.
func (b *Bus) take(to purge.Cursor, data []byte) {
	at := b.health.position()
	if to.Seq <= at {
		return
	}
	if to.Seq > at+1 {
		b.o.Log.Apply(purge.Cursor{Seq: to.Seq - 1})
		b.doubt(nil, fmt.Sprintf("the stream has nothing between %d and %d", at, to.Seq))
	}
	m, err := parseMessage(data)
	if err != nil {
		b.o.Log.Apply(to)
		b.advance(to.Seq)
		b.doubt(err, fmt.Sprintf("message %d is not understood", to.Seq))
		return
	}
	rules, err := b.rules(m)
	if err != nil || m.lost {
		b.o.Log.Doubt() // before the cursor moves: a crash between the two must not lose it
	}
	b.o.Log.Apply(to, rules...)
	b.counts.applied.Add(uint64(len(m.items)))
	b.advance(to.Seq)
	switch {
	case err != nil:
		b.doubt(err, fmt.Sprintf("message %d of node %q cannot be applied as a whole", to.Seq, m.node))
	case m.lost:
		b.doubt(nil, fmt.Sprintf("node %q has purged more than it could remember while it was cut off", m.node))
	}
}

// rules makes the rules of all items that it can.
func (b *Bus) rules(m *message) (rules []purge.Rule, err error) {
	for _, item := range m.items {
		more, bad := b.resolve(item)
		if bad != nil {
			err = bad
			continue
		}
		rules = append(rules, more...)
	}
	return rules, err
}

// doubt reports why everything stored has to be validated. It is called after the log
// was told.
func (b *Bus) doubt(err error, text string) {
	b.counts.doubts.Add(1)
	b.report(true, err, text+": what is stored is validated before it is used")
}

// advance notes that everything up to a number is in force.
func (b *Bus) advance(seq purge.Seq) {
	b.health.advance(seq)
	b.updateSuspicion()
	wake(b.nodes.news)
}

// poll asks the leader of the stream again and again where the stream ends. Only its
// answer shows that the node is not cut off, because the server that forwards messages
// may be cut off itself. A server that has lost the others still answers. So the time
// that counts is when its answer was last that of a majority.
func (b *Bus) poll(ctx context.Context, end context.CancelCauseFunc, s jetstream.Stream, created time.Time) {
	stuck := 0
	for {
		at, when := b.health.position(), time.Now()
		asked, cancel := context.WithTimeout(ctx, askWithin)
		info, err := s.Info(asked)
		cancel()
		switch {
		case err != nil, quorumAge(info.Cluster) < 0:
		case !info.Created.Equal(created), purge.Seq(info.State.LastSeq) < at:
			end(errAnother)
			return
		default:
			b.health.heard(purge.Seq(info.State.LastSeq), when.Add(min(0, serversBeat-quorumAge(info.Cluster))))
			b.updateSuspicion()
			if stuck++; b.health.position() > at || purge.Seq(info.State.LastSeq) == at {
				stuck = 0
			}
			if stuck >= stuckFor {
				end(errStuck)
				return
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(b.o.Poll):
		}
	}
}

// quorumAge returns how long ago the leader of a stream last heard of a majority. It is
// negative if there is no leader or no majority.
func quorumAge(c *jetstream.ClusterInfo) time.Duration {
	if c == nil {
		return 0 // a server alone
	}
	if c.Leader == "" {
		return -1
	}
	var heard []time.Duration
	for _, r := range c.Replicas {
		if !r.Offline {
			heard = append(heard, r.Active)
		}
	}
	slices.Sort(heard)
	switch others := (len(c.Replicas) + 1) / 2; {
	case others == 0:
		return 0
	case others > len(heard):
		return -1
	default:
		return heard[others-1]
	}
}
