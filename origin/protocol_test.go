package origin

import (
	"testing"
	"time"
)

// When a failure speaks against the server, and when another one may be asked. An
// answer to a later request shows that the server is well; content under way may be why
// the connection ended.
func TestResult(t *testing.T) {
	const never, later = 0, 2 * time.Second
	small := (*content)(nil)
	large := &content{length: -1}
	for _, c := range []struct {
		kind      Kind
		reached   reach
		body      *content
		answered  time.Duration // the last try that was answered began then; this one began at 1 s
		limit     time.Duration // of the try
		informed  bool
		faults    bool
		unsettled bool
	}{
		{ConnectionRefused, unreached, small, never, 0, false, true, false},
		{DNSTimeout, unreached, large, later, 0, false, true, false},
		{ConnectionTerminated, asked, small, never, 0, false, true, true},
		{ConnectionTerminated, asked, small, never, 0, true, true, false},
		{ConnectionTerminated, outdated, small, never, 0, false, false, true},
		{ConnectionTerminated, asked, large, never, 0, false, false, true},
		{ResponseIncomplete, asked, small, never, 0, false, true, true},
		{ResponseTimeout, asked, small, never, 0, false, true, false},
		{ResponseTimeout, asked, small, later, 0, false, false, false},
		{ResponseTimeout, asked, small, never, time.Second, false, true, true},
		{ResponseTimeout, asked, small, never, time.Second, true, true, false},
		{ConnectionWriteTimeout, asked, large, later, 0, false, true, false},
		{ProtocolError, asked, small, never, 0, false, false, false},
		{RequestError, asked, large, never, 0, false, false, false},
		{SlowClient, asked, small, never, 0, false, false, false},
	} {
		s := new(server)
		s.answered.Store(int64(c.answered))
		this := &try{server: s, begun: time.Second, limit: c.limit}
		got := result{failure: &Error{Kind: c.kind}, reached: c.reached, informed: c.informed}
		if got.faults(this, c.body) != c.faults || got.unsettled(this) != c.unsettled {
			t.Errorf("%s, %+v: faults %v, unsettled %v", c.kind, c, !c.faults, !c.unsettled)
		}
	}
}
