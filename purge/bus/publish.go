package bus

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"brink/purge"
)

const (
	maxUnsent   = 16 << 20        // bytes of items that wait
	atATime     = 4               // messages on their way
	ackWithin   = time.Second     // of one try
	sendWithin  = 5 * time.Second // of all tries
	betweenTrys = 100 * time.Millisecond
)

var (
	errBusy    = errors.New("too much waits to be sent")
	errOffline = errors.New("cut off from the fleet")
	errClosed  = errors.New("the node ends")
)

// publisher gathers what is to be sent. Calls that come while others' messages are
// on their way share the next one.
type publisher struct {
	mu sync.Mutex

	waiting []*batch // the last one still takes items
	unsent  int      // bytes of them
	counter uint64

	news  chan struct{} // has one in it when there may be something to send
	slots chan struct{} // one for each message on its way
}

// batch is one message.
type batch struct {
	message message
	size    int           // bytes, at least
	done    chan struct{} // closed when seq or err is known
	seq     purge.Seq
	err     error
}

func (p *publisher) init() {
	p.news, p.slots = make(chan struct{}, 1), make(chan struct{}, atATime)
}

// Publish hands items to the fleet, all under one number or a few that follow each
// other, and returns the last of them once the stream has them on disk and this node
// has put them in force. After an error the fleet may have got them or not.
func (b *Bus) Publish(ctx context.Context, items []purge.Item) (seq purge.Seq, err error) {
	if s := b.State(); s.Since.IsZero() || !s.InSync && !b.conn.IsConnected() {
		return 0, errOffline
	}
	batches, err := b.publisher.add(items, false)
	if err != nil {
		return 0, err
	}
	if seq, err = b.await(ctx, batches); err != nil {
		return 0, err
	}
	return seq, b.Applied(ctx, seq)
}

// await waits until batches are sent, and returns the last number.
func (b *Bus) await(ctx context.Context, batches []*batch) (seq purge.Seq, err error) {
	for _, one := range batches {
		select {
		case <-one.done:
			if one.err != nil {
				return 0, one.err
			}
			seq = max(seq, one.seq)
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-b.ctx.Done():
			return 0, errClosed
		}
	}
	return seq, nil
}

// Applied waits until this node has put in force all up to a number.
func (b *Bus) Applied(ctx context.Context, seq purge.Seq) error {
	for {
		b.health.mu.Lock()
		at, changed := b.health.applied, b.health.changed
		b.health.mu.Unlock()
		if at >= seq {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("%d is not in force under its number yet: %w", seq, ctx.Err())
		case <-b.ctx.Done():
			return errClosed
		}
	}
}

// add puts items into messages that are still to be sent, and returns these. lost
// says that there is more than the items.
func (p *publisher) add(items []purge.Item, lost bool) (batches []*batch, err error) {
	for i := range items {
		if err := checkItem(&items[i]); err != nil {
			return nil, err
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.unsent > maxUnsent {
		return nil, errBusy
	}
	last := p.lastLocked()
	last.message.lost = last.message.lost || lost
	batches = append(batches, last)
	for _, item := range items {
		size := len(item.Name) + len(item.Site) + 8
		if len(last.message.items) == maxItems || last.size+size > maxMessage {
			last = p.newLocked()
			batches = append(batches, last)
		}
		last.message.items = append(last.message.items, item)
		last.size += size
		p.unsent += size
	}
	wake(p.news)
	return batches, nil
}

func (p *publisher) lastLocked() *batch {
	if n := len(p.waiting); n > 0 {
		return p.waiting[n-1]
	}
	return p.newLocked()
}

func (p *publisher) newLocked() *batch {
	p.counter++
	one := &batch{message: message{counter: p.counter}, done: make(chan struct{})}
	p.waiting = append(p.waiting, one)
	return one
}

// take returns the next message to send; nil: there is none.
func (p *publisher) take() *batch {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.waiting) == 0 {
		return nil
	}
	one := p.waiting[0]
	p.waiting = p.waiting[1:]
	p.unsent -= one.size
	if len(p.waiting) > 0 {
		wake(p.news)
	}
	return one
}

// send sends messages, a few at a time, until the bus is closed.
func (b *Bus) send() {
	p := &b.publisher
	for {
		select {
		case p.slots <- struct{}{}:
		case <-b.ctx.Done():
			return
		}
		select {
		case <-p.news:
		case <-b.ctx.Done():
			return
		}
		one := p.take()
		if one == nil {
			<-p.slots
			continue
		}
		b.running.Go(func() {
			defer func() { <-p.slots }()
			one.seq, one.err = b.sendOne(&one.message)
			close(one.done)
		})
	}
}

// sendOne sends a message until the stream has it. Its id lets the stream know one
// that comes again.
func (b *Bus) sendOne(m *message) (purge.Seq, error) {
	m.node = b.o.Node
	out := &nats.Msg{Subject: purgeSubject, Data: m.append(nil)}
	id := fmt.Sprintf("%016x-%d", b.instance, m.counter)
	for began := time.Now(); ; {
		ctx, cancel := context.WithTimeout(b.ctx, ackWithin)
		ack, err := b.js.PublishMsg(ctx, out, jetstream.WithMsgID(id), jetstream.WithExpectStream(streamName), jetstream.WithRetryAttempts(0))
		cancel()
		if err == nil {
			b.counts.sent.Add(uint64(len(m.items)))
			return purge.Seq(ack.Sequence), nil
		}
		if time.Since(began) > sendWithin || !b.pause(betweenTrys) {
			b.counts.unsent.Add(uint64(len(m.items)))
			return 0, fmt.Errorf("hand purges to the fleet: %w", err)
		}
	}
}
