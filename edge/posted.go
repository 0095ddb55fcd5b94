package edge

import (
	"brink/edge/message"
	"brink/edge/semantics"
	"brink/edge/wire"
	"brink/origin"
	"brink/purge"
	"brink/store"
)

// posted stores the response to a POST and answers with it as it arrives, if its
// Content-Location says that a GET of the same URL would get the same (RFC 9110 section
// 9.3.3). Otherwise it reports false. stamp is the result of invalidate.
func (n *Node) posted(x *exchange, resp *origin.Response, asked store.Instant, stamp purge.Seq) bool {
	if x.Request.Method != message.POST || !resp.Fields.Has(wire.ContentLocation) || x.rule.Semantics.Off || stamp == 0 {
		return false
	}
	response := semantics.Response{Status: resp.Status, Fields: &resp.Fields, Length: resp.Length}
	if !semantics.AsShared(&x.Request, &x.rule.Semantics, &response) {
		return false
	}
	n.key(x)
	// If moved is not nil, the fetch owns the response from here on.
	r, moved := n.fetcher.Adopt(n.spec(x, stamp), &x.memory, resp, asked)
	if moved == nil {
		return false
	}
	x.closer = postedCloser{nil, moved}
	x.takeOver(&r)
	o := r.Fill.Object()
	x.status.Fetched, x.status.FwdStatus, x.status.Stored = true, resp.Status, true
	x.found = o
	x.decision = semantics.Judge(&o.Lifetime, &x.directives, &x.rule.Semantics, 0, x.Now)
	x.age, x.cookies = r.Age, r.Cookies
	n.stream(x, r.Fill, o)
	x.closer = postedCloser{x.closer, moved}
	return true
}

// postedCloser closes the reply's reader and waits for the end of the fetch. Until then the
// fetch may still send the request's content, which the engine reads from the client.
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
