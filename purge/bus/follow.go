package bus

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"brink/purge"
)

// Why the reading of the stream begins anew.
var (
	errAnother = errors.New("the stream is another one, or has lost its end")
	errLost    = errors.New("a message was lost on its way")
	errStuck   = errors.New("the stream is ahead, and nothing arrives")
)

const (
	askWithin = 2 * time.Second // the stream's leader must answer
	lostAfter = 30 * time.Second
	stuckFor  = 3 // polls
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
	ctx, end := context.WithCancelCause(b.ctx)
	defer end(nil)
	asked, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	s, err := b.stream(asked)
	if err != nil {
		return err
	}
	info := s.CachedInfo()
	b.align(&info.State)
	c, err := s.CreateConsumer(asked, jetstream.ConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: uint64(b.health.position() + 1),
		AckPolicy: jetstream.AckNonePolicy, MemoryStorage: true, Replicas: 1, InactiveThreshold: lostAfter,
	})
	if err != nil {
		return fmt.Errorf("read the stream: %w", err)
	}
	messages, err := c.Messages(jetstream.PullMaxMessages(500), jetstream.PullExpiry(10*time.Second), jetstream.PullHeartbeat(2*time.Second))
	if err != nil {
		return fmt.Errorf("read the stream: %w", err)
	}
	defer messages.Stop()
	b.running.Go(func() { b.poll(ctx, end, s, info.Created) })
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
		b.take(purge.Seq(meta.Sequence.Stream), m.Data())
	}
}

// align compares where the node is with what the stream holds. What lies between is
// lost to the node, and all it has is doubtful.
func (b *Bus) align(s *jetstream.StreamState) {
	at, first, last := b.health.position(), purge.Seq(s.FirstSeq), purge.Seq(s.LastSeq)
	switch {
	case at == 0: // nothing was ever applied; what the node has is of its own
		b.o.Log.Apply(last)
		b.advance(last)
	case last < at:
		b.doubt(errAnother, fmt.Sprintf("the stream ends at %d, and %d was applied", last, at))
		b.o.Log.Doubt()
		b.health.restart(last)
	case first > at+1:
		b.doubt(nil, fmt.Sprintf("the stream begins at %d, and only %d was applied", first, at))
		b.o.Log.Apply(first - 1)
		b.advance(first - 1)
	}
}

// take applies a message. One that comes again changes nothing.
func (b *Bus) take(seq purge.Seq, data []byte) {
	at := b.health.position()
	if seq <= at {
		return
	}
	if seq > at+1 {
		b.doubt(nil, fmt.Sprintf("the stream has nothing between %d and %d", at, seq))
		b.o.Log.Apply(seq - 1)
	}
	m, err := parseMessage(data)
	if err != nil {
		b.doubt(err, fmt.Sprintf("message %d is not understood", seq))
		b.o.Log.Apply(seq)
		b.advance(seq)
		return
	}
	rules, err := b.rules(m)
	b.o.Log.Apply(seq, rules...)
	switch {
	case err != nil:
		b.doubt(err, fmt.Sprintf("message %d of node %q cannot be applied as a whole", seq, m.node))
		b.o.Log.Doubt()
	case m.lost:
		b.doubt(nil, fmt.Sprintf("node %q has purged more than it could remember while it was cut off", m.node))
		b.o.Log.Doubt()
	}
	b.counts.applied.Add(uint64(len(m.items)))
	b.advance(seq)
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

// doubt reports why all that is stored has to be validated.
func (b *Bus) doubt(err error, text string) {
	b.counts.doubts.Add(1)
	b.report(true, err, text+": what is stored is validated before it is used")
}

// advance says that all up to a number is in force.
func (b *Bus) advance(seq purge.Seq) {
	b.health.advance(seq)
	b.settle()
	wake(b.nodes.news)
}

// poll asks the stream's leader where it ends, again and again. Only that tells that
// the node is not cut off: whoever forwards messages may be, too.
func (b *Bus) poll(ctx context.Context, end context.CancelCauseFunc, s jetstream.Stream, created time.Time) {
	stuck := 0
	for {
		at, when := b.health.position(), time.Now()
		asked, cancel := context.WithTimeout(ctx, askWithin)
		info, err := s.Info(asked)
		cancel()
		switch {
		case err != nil:
		case !info.Created.Equal(created), purge.Seq(info.State.LastSeq) < at:
			end(errAnother)
			return
		default:
			b.health.heard(purge.Seq(info.State.LastSeq), when)
			b.settle()
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
