package origin

import (
	"bytes"
	"sync"

	"brink/edge/notice"
	"brink/edge/wire"
)

// Response is a final response whose content is still to be read. It belongs
// to one goroutine, and must be closed.
type Response struct {
	Status int

	// Fields are as received, hop-by-hop fields included. They alias memory
	// of the response, and are gone once content has been asked for.
	Fields wire.Fields

	// Length is the announced length of the content in bytes, or -1 if it was not
	// announced. In a response to HEAD and in a 304 no content follows it.
	Length int64

	origin   *Origin
	slot     *slot         // nil: the exchange is over, or Tunnel has taken it
	exchange exchange      // with the server
	http1    http1Exchange // memory for exchange
	content  *content      // of the request; nil: none
	trailers *wire.Fields  // once the exchange is over; nil: none

	notice  notice.Notice
	reading chan struct{}  // not nil: Notify reads content, until it is closed
	read    []byte         // what it has read then
	readErr error          // why that is nothing
	readers sync.WaitGroup // goroutines of Notify: the last one may have read, and still call notice

	delivery delivery
	given    int      // bytes that the client was given last; 0: it has taken them
	behind   *backlog // what was read ahead of the client; nil: nothing
	revoked  bool     // see Revoked
}

// Next returns the next bytes of the content, valid until the following call.
// Without wait it returns nil and no error if none have arrived yet.
//
// It returns io.EOF only when the content is whole: after its announced length, after its
// last chunk, or at the clean end of the connection if neither was announced. Every other
// error is an *Error that wraps ErrIncomplete.
//
// Once all has been read, the connection and the slot are free, even if the client has
// yet to take it.
func (x *Response) Next(wait bool) ([]byte, error) {
	if x.reading != nil {
		return x.nextRead(wait)
	}
	x.delivered()
	data, err := x.next(wait)
	x.hand(len(data))
	return data, err
}

func (x *Response) next(wait bool) ([]byte, error) {
	if x.behind != nil {
		if data, over := x.behind.next(wait); !over {
			return data, nil
		}
		lost := x.behind.cutShort()
		x.dropBacklog()
		if lost {
			// There is a gap between the client's content and the next bytes.
			x.exchange.cut(errSlowClient)
		}
	}
	return x.exchange.next(wait)
}

// hand is called with the content that the client is given next. At the end of the
// content it ends the exchange.
func (x *Response) hand(n int) {
	switch {
	case x.behind != nil:
		if n > 0 {
			x.deliver(n)
		}
	case x.exchange.complete():
		x.endExchange()
	case n > 0:
		x.deliver(n)
	}
}

// endExchange ends the exchange with the server after all of the content was read. If the
// request is still being sent, Close does that.
func (x *Response) endExchange() {
	if x.slot == nil || !x.exchange.sent() {
		return
	}
	if t := x.exchange.trailers(); t != nil {
		x.trailers = cloneFields(t)
	}
	x.content.free()
	x.Fields = wire.Fields{} // the exchange has the memory of the list
	x.end(release)
}

// end ends the exchange with the server. x no longer has the slot then.
func (x *Response) end(how disposal) {
	x.slot = nil
	x.exchange.end(how)
}

func (x *Response) dropBacklog() {
	x.behind.end()
	x.delivery.Lock()
	x.delivery.backlog, x.behind = nil, nil
	x.delivery.Unlock()
}

// Trailers returns the trailer fields, after Next returned io.EOF and up to
// Close; nil for none.
func (x *Response) Trailers() *wire.Fields {
	if x.trailers != nil || x.slot == nil {
		return x.trailers
	}
	return x.exchange.trailers()
}

// Close ends the exchange. The connection is kept only if both messages have
// been sent to their end and nothing else has come; whatever else is going on
// is stopped, the request's body with Body.Stop. When it returns, nothing uses
// the Body any more. It may be called more than once.
func (x *Response) Close() {
	x.notice.Stop()
	x.stopReading()
	x.delivered()
	if x.behind != nil {
		x.dropBacklog()
	}
	if x.slot != nil {
		x.revoked = x.slot.gone.Load() != nil
		x.end(release)
	}
	x.content.free()
	x.free()
}

// Revoked reports, after Close, whether the response was broken off because its client
// was slow and others waited for a connection.
func (x *Response) Revoked() bool { return x.revoked }

// retire is Close for a response that another try will replace. The fetch keeps the
// slot and the content of the request.
func (x *Response) retire(how disposal) {
	x.end(how)
	x.free()
}

// free gives memory back.
func (x *Response) free() {
	if x.exchange != nil {
		x.exchange.free()
	}
	x.Fields, x.trailers = wire.Fields{}, nil
}

// cloneFields copies f into memory of its own.
func cloneFields(f *wire.Fields) *wire.Fields {
	c := new(wire.Fields)
	c.Grow(len(f.List))
	for i := range f.List {
		c.Append(bytes.Clone(f.List[i].Name), bytes.Clone(f.List[i].Value))
	}
	return c
}

// ServeTo sets who waits for the response from now on, instead of the client of the
// request. nil means one client.
func (x *Response) ServeTo(a Audience) {
	if x.slot == nil {
		return
	}
	x.origin.mu.Lock()
	x.slot.audience = a
	x.origin.mu.Unlock()
}
