package edge

import (
	"brink/edge/message"
	"brink/edge/semantics"
	"brink/edge/wire"
	"brink/origin"
	"brink/purge"
	"brink/store"
)

// posted stores the response to a POST that is, by its Content-Location, what a
// GET of the same URL would get (RFC 9110 section 9.3.3), and answers with it
// as it arrives. stamp is what invalidate returned. It reports false if the
// response is not of that kind.
func (n *Node) posted(x *exchange, resp *origin.Response, asked store.Instant, stamp purge.Seq) bool {
	if x.Request.Method != message.POST || !resp.Fields.Has(wire.ContentLocation) || x.rule.Semantics.Off || stamp == 0 {
		return false
	}
	response := semantics.Response{Status: resp.Status, Fields: &resp.Fields, Length: resp.Length}
	if !semantics.AsShared(&x.Request, &x.rule.Semantics, &response) {
		return false
	}
	n.key(x)
	f := n.ownFetch(x)
	f.asked, f.status, f.stamp = asked, resp.Status, stamp
	o, why := f.judge(resp)
	if !why.Stored() || o.Partial != nil {
		return false
	}
	if f.start(o, resp.Length) != nil {
		if f.fill != nil {
			f.fill.Decline(uint8(message.ReasonBusy))
		}
		return false
	}
	done := make(chan struct{})
	x.closer = postedCloser{nil, done}
	f.follow(func(f *fetch) {
		defer close(done)
		f.pump(resp)
	})
	n.leaveLeash(x)
	x.status.Fetched, x.status.FwdStatus, x.status.Stored = true, resp.Status, true
	x.found = o
	x.decision = semantics.Judge(&o.Lifetime, &x.directives, &x.rule.Semantics, 0, x.Now)
	x.age, x.cookies = f.age, f.cookies
	f.fill.WaitClaimed(nil)
	n.stream(x, f.fill, o)
	x.closer = postedCloser{x.closer, done}
	return true
}

// postedCloser ends with the fetch: until then the request's content may still
// be read.
type postedCloser struct {
	reader closer
	done   <-chan struct{}
}

func (c postedCloser) Close() {
	if c.reader != nil {
		c.reader.Close()
	}
	<-c.done
}
