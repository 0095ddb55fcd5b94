package http1

import (
	"errors"
	"io"
	"sync/atomic"
	"time"

	"brink/edge/engine"
	"brink/edge/wire"
)

// errTunnelled marks an exchange that ended as a tunnel: no fault, but the
// connection is used up.
var errTunnelled = errors.New("the connection was a tunnel")

// If one side of a tunnel has ended, the tunnel ends when no byte has moved for halfOpen
// (the origin's side ended) or for parting (the client's side ended). Few protocols end only
// one direction, and most clients that do it have left.
const (
	halfOpen = 30 * time.Second
	parting  = 750 * time.Millisecond
)

// tunnel sends the 101 and then passes bytes both ways until both sides have
// ended, one of them has failed, or none has sent anything for long.
func (s *session) tunnel() error {
	p, o := &s.x.Reply, &s.out
	s.reply = progress{}
	s.pace = engine.Pace{}
	o.open()
	o.buf = s.appendSwitch(o.buf)
	s.reply.begins = o.end()
	defer p.Tunnel.Close()
	s.conn.watch.end() // from here on it shows in what is read
	if err := s.flush(); err != nil {
		return err
	}
	o.close()
	s.conn.account.Force(int64(busyCost + s.inputMemory() + tunnelCost))
	t := &tunnel{conn: s.conn, far: p.Tunnel, limit: s.conn.engine.Config.TunnelTimeout}
	s.reply.content = t.run(s.in[s.r:s.w])
	s.r = s.w
	return errTunnelled
}

// appendSwitch appends the 101 (Switching Protocols) of RFC 9110 section 7.8.
func (s *session) appendSwitch(b []byte) []byte {
	p := &s.x.Reply
	protocol := p.Upgrade
	if protocol == nil {
		protocol = s.x.Request.Upgrade
	}
	b = append(b, wire.StatusLine(101)[s.consumeAhead():]...)
	b = append(b, "\r\n"...)
	b = append(b, p.Head.FieldLines()...)
	b = wire.AppendField(b, wire.Upgrade.Bytes(), protocol)
	b = appendReplyFields(b, p)
	return append(b, "Connection: Upgrade\r\n\r\n"...)
}

// tunnel has nothing of the session: its timer may fire when that is gone.
type tunnel struct {
	conn  *conn
	far   io.ReadWriteCloser
	limit time.Duration
	idle  *time.Timer
	half  atomic.Int64 // the limit, a time.Duration, once one side has ended; 0: none has
}

// run passes bytes both ways and returns how many went to the client. rest is
// what the client sent behind its request.
func (t *tunnel) run(rest []byte) int64 {
	t.idle = time.AfterFunc(t.limit, t.cut)
	defer t.idle.Stop()
	up := make(chan struct{})
	go func() {
		defer close(up)
		t.up(rest)
	}()
	n := t.pass(t.conn.net, t.far)
	<-up
	return n
}

// up passes rest and then what the client sends.
func (t *tunnel) up(rest []byte) {
	if len(rest) > 0 {
		if _, err := t.far.Write(rest); err != nil {
			t.cut()
			return
		}
	}
	t.pass(t.far, wakeTolerant{t.conn})
}

// pass copies until from ends, and then ends to.
func (t *tunnel) pass(to io.Writer, from io.Reader) (n int64) {
	page := takePage()
	defer releasePage(page)
	p := (*page)[:cap(*page)]
	for {
		m, err := from.Read(p)
		if m > 0 {
			t.moved()
			k, werr := to.Write(p[:m])
			n += int64(k)
			if werr != nil {
				t.cut()
				return n
			}
		}
		if err == io.EOF {
			t.end(to)
			return n
		}
		if err != nil {
			t.cut()
			return n
		}
	}
}

// wakeTolerant reads from a connection. If something only woke the read, it reads again.
type wakeTolerant struct{ conn *conn }

func (r wakeTolerant) Read(p []byte) (int, error) {
	for {
		n, err := r.conn.net.Read(p)
		if !isTimeout(err) || r.conn.net.SetReadDeadline(time.Time{}) != nil {
			return n, err
		}
	}
}

func (t *tunnel) moved() {
	limit := t.limit
	if half := t.half.Load(); half != 0 {
		limit = min(limit, time.Duration(half))
	}
	t.idle.Reset(limit)
}

// end passes on the end of one side; the other may go on.
func (t *tunnel) end(to any) {
	half, ok := to.(interface{ CloseWrite() error })
	limit := halfOpen
	if to == any(t.far) {
		limit = parting
	}
	if t.half.Swap(int64(limit)) != 0 || !ok || half.CloseWrite() != nil {
		t.cut()
		return
	}
	t.moved()
}

// cut ends both sides.
func (t *tunnel) cut() {
	_ = t.far.Close()
	go t.conn.net.Close() // it may wait for the descriptor
}
