package bus

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"brink/purge"
)

// Options are what a bus is made of.
type Options struct {
	Node   string // this node's id
	Log    *purge.Log
	Report func(Event) // called from any goroutine; must return soon

	// One of the two: where the servers are, or the one in this process.
	Servers  []string
	Embedded *Embedded

	CredentialsFile string      // of NATS; empty: none
	Secret          string      // what all nodes know; empty: none
	TLS             *tls.Config // of connections to servers; nil: none

	Replicas     int           // of the stream; zero: 1
	Keep         time.Duration // how long a node may be away without losing its cache; zero: 7 days
	MaxIsolation time.Duration // after which a node that is cut off is not ready; zero: 30 s
	Revalidate   bool          // all that is stored, while cut off that long

	Poll      time.Duration // how often the stream is asked where it ends; zero: 1 s
	Heartbeat time.Duration // how often nodes say what they have applied; zero: 2 s
}

// Event is something that people who run the node should know of.
type Event struct {
	Bad  bool
	Text string
	Err  error // nil: none
}

// Resolve makes the rules of what people name.
type Resolve func(purge.Item) ([]purge.Rule, error)

// Bus is a node's part in a fleet. Its methods may be called from any goroutine.
type Bus struct {
	o        Options
	instance uint64
	resolve  Resolve

	server *server.Server // nil: none in this process
	conn   *nats.Conn
	js     jetstream.JetStream

	publisher publisher
	queue     queue
	health    health
	nodes     nodes
	counts    counts

	reconnected chan struct{} // has one in it when it is worth to try again
	ctx         context.Context
	end         context.CancelFunc
	running     sync.WaitGroup
}

// New returns a bus that does nothing yet. It must be closed.
func New(o Options) *Bus {
	if o.Report == nil {
		o.Report = func(Event) {}
	}
	o.Replicas = max(o.Replicas, 1)
	for _, d := range []struct {
		field  *time.Duration
		absent time.Duration
	}{{&o.Keep, 7 * 24 * time.Hour}, {&o.MaxIsolation, 30 * time.Second}, {&o.Poll, time.Second}, {&o.Heartbeat, 2 * time.Second}} {
		if *d.field <= 0 {
			*d.field = d.absent
		}
	}
	b := &Bus{o: o, instance: rand.Uint64(), reconnected: make(chan struct{}, 1)}
	b.ctx, b.end = context.WithCancel(context.Background())
	b.publisher.init()
	b.queue.init()
	b.nodes.init()
	b.health.init(o.Log.Cursor().Seq)
	return b
}

// errNotSynced is wrapped by what is reported when a node goes on without the fleet.
var errNotSynced = errors.New("not in sync with the fleet")

// Start connects, and waits until the node has applied all that the stream holds.
// If that takes longer than patience, it is reported, and goes on in the
// background; until then all that is stored is doubtful. An error means that the
// bus cannot work at all.
func (b *Bus) Start(resolve Resolve, patience time.Duration) error {
	b.resolve = resolve
	b.o.Log.Suspect(true)
	if b.o.Embedded != nil {
		var err error
		if b.server, err = startServer(&b.o); err != nil {
			return fmt.Errorf("start the server of the fleet: %w", err)
		}
	}
	if err := b.connect(); err != nil {
		return fmt.Errorf("connect to the fleet: %w", err)
	}
	for _, run := range []func(){b.follow, b.watch, b.send, b.sendLater, b.tell, b.enrol} {
		b.running.Go(run)
	}
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	select {
	case <-b.health.synced:
		b.updateSuspicion()
	case <-timeout.C:
		s := b.State()
		b.report(true, fmt.Errorf("%w after %v: it has applied %d of %d", errNotSynced, patience, s.Applied, s.Last), "what is stored is validated before it is used until the node has caught up")
	case <-b.ctx.Done():
	}
	return nil
}

// connect makes the connection, which from then on is kept up without end.
func (b *Bus) connect() (err error) {
	options := []nats.Option{
		nats.Name("brink " + b.o.Node),
		nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1),
		nats.ReconnectWait(200 * time.Millisecond), nats.ReconnectJitter(100*time.Millisecond, 100*time.Millisecond),
		nats.IgnoreAuthErrorAbort(), // a server may have had the wrong secret for a while
		nats.ReconnectBufSize(-1),   // what cannot be sent is to fail
		nats.Timeout(2 * time.Second), nats.PingInterval(2 * time.Second), nats.MaxPingsOutstanding(2),
		nats.ConnectHandler(func(*nats.Conn) { wake(b.reconnected) }),
		nats.ReconnectHandler(func(*nats.Conn) { wake(b.reconnected) }),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if b.ctx.Err() == nil {
				b.report(true, err, "the connection to the fleet is lost, and made again")
			}
		}),
		nats.ClosedHandler(func(c *nats.Conn) {
			if b.ctx.Err() == nil {
				b.report(true, c.LastError(), "the connection to the fleet has ended; restart the node")
			}
		}),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			b.report(true, err, "a fault of the fleet's connection")
		}),
	}
	if b.o.CredentialsFile != "" {
		options = append(options, nats.UserCredentials(b.o.CredentialsFile))
	}
	if b.o.Secret != "" {
		options = append(options, nats.Token(b.o.Secret))
	}
	switch {
	case b.server != nil:
		options = append(options, nats.InProcessServer(b.server))
	case b.o.TLS != nil:
		options = append(options, nats.Secure(b.o.TLS))
	}
	o := nats.GetDefaultOptions()
	o.Servers = b.o.Servers
	for _, option := range options {
		if err := option(&o); err != nil {
			return err
		}
	}
	if b.conn, err = o.Connect(); err != nil {
		return err
	}
	if b.js, err = jetstream.New(b.conn); err != nil {
		return err
	}
	return b.listen()
}

func (b *Bus) report(bad bool, err error, text string) {
	b.o.Report(Event{Bad: bad, Text: text, Err: err})
}

// wake puts one in a channel of one, if there is none.
func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// pause waits, and reports whether the bus goes on.
func (b *Bus) pause(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-b.ctx.Done():
		return false
	}
}

// Close sends what Announce was given, if that is possible at once, tells the fleet
// that the node leaves, and ends all that Start began.
func (b *Bus) Close() error {
	if b.conn != nil {
		b.flush(time.Second)
	}
	b.end()
	b.running.Wait()
	if b.conn != nil {
		b.leave()
		b.conn.Close()
	}
	if b.server != nil {
		b.server.Shutdown()
		b.server.WaitForShutdown()
	}
	return nil
}
