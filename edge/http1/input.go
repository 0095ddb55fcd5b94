package http1

import (
	"math/bits"
	"sync"
)

const (
	inputSize = 4 << 10 // of a session's own input buffer
	// inputSizes is how many larger sizes of input buffers are kept for reuse. Each is
	// twice the size before it.
	inputSizes = 4
)

// input is a buffer that a session uses while its own is too small.
type input struct{ b []byte }

// inputs holds larger buffers, by size.
var inputs [inputSizes]sync.Pool

// takeInput returns a buffer of n bytes: inputSize times a power of two.
func takeInput(n int) *input {
	if k := inputClass(n); k < inputSizes {
		if in, ok := inputs[k].Get().(*input); ok {
			return in
		}
	}
	return &input{make([]byte, n)}
}

func releaseInput(in *input) {
	if k := inputClass(len(in.b)); k < inputSizes {
		scribble(in.b)
		inputs[k].Put(in)
	}
}

func inputClass(n int) int { return bits.Len(uint(n/inputSize)) - 2 }

// grow makes the session receive into a buffer of twice the size.
func (s *session) grow() {
	larger := takeInput(2 * len(s.in))
	copy(larger.b, s.in)
	s.shrink() // s.in is the session's own now
	s.small, s.in, s.larger = s.in, larger.b, larger
}

// shrink makes the session receive into its own buffer. Bytes received before are lost.
func (s *session) shrink() {
	if s.larger != nil {
		releaseInput(s.larger)
		s.in, s.larger, s.small = s.small, nil, nil
	}
}

// pack moves an incomplete head from the session to the connection, in little more
// memory than the head needs. It reports false if there is no memory for it.
func (s *session) pack() bool {
	c := s.conn
	part := s.in[s.r:s.w]
	c.seen = s.seen
	if cap(c.partialHead) < len(part) {
		size := max(len(part), min(2*cap(c.partialHead), cap(c.partialHead)+inputSize))
		if !c.account.Hold(int64(size)) {
			return false
		}
		c.partialHead = make([]byte, 0, size)
	}
	c.partialHead = append(c.partialHead[:0], part...)
	return true
}

// unpack moves the incomplete head back to the session.
func (s *session) unpack() {
	for len(s.conn.partialHead) > len(s.in) {
		s.grow()
	}
	s.seen, s.w = s.conn.seen, copy(s.in, s.conn.partialHead)
}
