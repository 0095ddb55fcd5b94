package bus

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"brink/purge"
)

const names = purge.Names(7)

// freeAddress returns an address of this machine that nobody listens on.
func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// hubServer is a server that nodes connect to, without a node.
type hubServer struct {
	t       testing.TB
	address string
	store   string
	secret  string
	*server.Server
}

func newServer(t testing.TB) *hubServer {
	s := &hubServer{t: t, address: freeAddress(t), store: t.TempDir()}
	s.start()
	t.Cleanup(s.stop)
	return s
}

func (s *hubServer) start() {
	s.t.Helper()
	var err error
	s.Server, err = startServer(&Options{Node: "hub", Secret: s.secret, Report: func(Event) {}, Embedded: &Embedded{Store: s.store, Clients: s.address}})
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *hubServer) stop() {
	s.Shutdown()
	s.WaitForShutdown()
}

// node is a bus with a log.
type node struct {
	*Bus
	t      testing.TB
	log    *purge.Log
	closed bool

	mu     sync.Mutex
	events []string
}

// start starts a node; edits change its options first. Its log is in path; empty:
// in memory.
func start(t testing.TB, s *hubServer, id, path string, edits ...func(*Options)) *node {
	t.Helper()
	n := &node{t: t}
	if n.log = purge.NewLog(names, 0); path != "" {
		var lost error
		if n.log, lost = purge.Open(path, names, 0, 0); lost != nil {
			t.Fatal(lost)
		}
	}
	o := Options{Node: id, Log: n.log, Report: n.event, Poll: 50 * time.Millisecond, Heartbeat: 100 * time.Millisecond}
	if s != nil {
		o.Servers, o.Secret = []string{"nats://" + s.address}, s.secret
	}
	for _, edit := range edits {
		edit(&o)
	}
	n.Bus = New(o)
	t.Cleanup(n.close)
	if err := n.Start(resolve, 20*time.Second); err != nil {
		t.Fatal(err)
	}
	return n
}

func (n *node) close() {
	if n.closed {
		return
	}
	n.closed = true
	if err := n.Bus.Close(); err != nil {
		n.t.Error(err)
	}
	if err := n.log.Close(); err != nil {
		n.t.Error(err)
	}
}

func (n *node) event(e Event) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.events = append(n.events, fmt.Sprintf("%s: %v", e.Text, e.Err))
}

// said reports whether an event had a text.
func (n *node) said(text string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return strings.Contains(strings.Join(n.events, "\n"), text)
}

// resolve knows tags only.
func resolve(item purge.Item) ([]purge.Rule, error) {
	if item.Kind != purge.Tag {
		return nil, fmt.Errorf("what is %v?", item.Kind)
	}
	return []purge.Rule{{Kind: purge.Tag, Soft: item.Soft, ID: names.Tag(item.Name)}}, nil
}

func tags(all ...string) (items []purge.Item) {
	for _, tag := range all {
		items = append(items, purge.Item{Kind: purge.Tag, Name: tag})
	}
	return items
}

func (n *node) publish(tag string) purge.Seq {
	n.t.Helper()
	ctx, cancel := context.WithTimeout(n.t.Context(), 20*time.Second)
	defer cancel()
	seq, err := n.Publish(ctx, tags(tag))
	if err != nil {
		n.t.Fatal(err)
	}
	return seq
}

// covers says what has become of what was stored at a stamp.
func (n *node) covers(stamp purge.Seq, tag string) purge.Verdict {
	s := purge.Subject{Host: "a.test", Path: "/", Tags: []purge.ID{names.Tag(tag)}}
	return n.log.Covers(&s, stamp)
}

func (n *node) want(stamp purge.Seq, tag string, want purge.Verdict) {
	n.t.Helper()
	if v := n.covers(stamp, tag); v != want {
		n.t.Errorf("%s: tag %q is %v, want %v\n%s", n.o.Node, tag, v, want, strings.Join(n.events, "\n"))
	}
}

// applied waits until the node has put a number in force.
func (n *node) applied(seq purge.Seq) {
	n.t.Helper()
	ctx, cancel := context.WithTimeout(n.t.Context(), 20*time.Second)
	defer cancel()
	if err := n.Applied(ctx, seq); err != nil {
		n.t.Fatal(err)
	}
}

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("not within 20 s: " + what)
		}
	}
}

func journal(t testing.TB) string { return filepath.Join(t.TempDir(), "purges") }
