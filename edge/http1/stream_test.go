package http1

import (
	"io"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"brink/edge/engine"
	"brink/edge/message"
	"brink/edge/wire"
)

// unending is a stream that always has a piece more, and counts what was taken.
type unending struct {
	piece []byte
	taken *atomic.Int64
}

func (e unending) Next(bool) ([]byte, error) {
	e.taken.Add(int64(len(e.piece)))
	return e.piece, nil
}

func (unending) Notify(func())          {}
func (unending) Trailers() *wire.Fields { return nil }
func (unending) Close()                 {}

// A stream that nobody reads is not moved into the kernel's buffers: these would take
// megabytes of each.
func TestStreamStaysUnsent(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the kernel's buffers are bounded on Linux only")
	}
	var taken atomic.Int64
	s := start(t, &fake{serve: func(x *message.Exchange) {
		x.Reply.Head, x.Reply.Length = head(200), -1
		x.Reply.Stream = unending{make([]byte, 64<<10), &taken}
	}}, engine.Config{})
	nc := s.dial()
	_ = nc.SetReadBuffer(16 << 10)
	_, _ = io.WriteString(nc, "GET / HTTP/1.1\r\nHost: h\r\n\r\n")
	for before := int64(-1); before != taken.Load() || before == 0; time.Sleep(200 * time.Millisecond) {
		before = taken.Load()
	}
	if n := taken.Load(); n > 1<<20 {
		t.Errorf("%d bytes were taken from a stream that nobody reads", n)
	}
	// It goes on once somebody reads.
	if n, err := io.CopyN(io.Discard, nc, 8<<20); err != nil {
		t.Errorf("%d bytes, %v", n, err)
	}
}
