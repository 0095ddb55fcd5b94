package edge

import (
	"time"

	"brink/edge/fetch"
	"brink/edge/message"
	"brink/edge/semantics"
	"brink/edge/site"
	"brink/edge/wire"
	"brink/origin"
	"brink/purge"
	"brink/store"
)

// exchange is one request and its reply, and what the node knows of them. The engine keeps it
// in Exchange.State, and the next request uses it again.
type exchange struct {
	*message.Exchange // the engine's; nil between Done and the next request

	requestState
	scratch
}

// requestState holds the results of the steps so far. Each request begins with a new one.
type requestState struct {
	step       step // where it is on its path; what Serve takes next
	tables     *tables
	site       *site.Site // nil until found
	rule       *site.Rule // nil until found
	directives semantics.Directives
	plan       semantics.Plan

	purgeKey  store.Key               // of the URL alone: see Node.purgeKey; zero: not made yet
	primary   store.Key               // of the URL with the rule's key fields; its text is Exchange.KeyText
	key       store.Key               // of the response in question: primary, or a variant
	text      []byte                  // what key hashes; aliases Exchange.KeyText or texts
	search    *semantics.SearchPolicy // by which the query in text is reduced; nil: it is not
	selectors []store.Selector        // by which the URL's responses vary; nil: none known
	index     *store.Variants         // of the URL's responses, as lookup saw it; nil: none
	found     *store.Object           // what is stored for key; nil: nothing
	covered   purge.Verdict           // what purges say of found
	seen      uint64                  // their version when a fetch was joined
	agent     store.Key               // of the User-Agent: see Node.agent; zero: not made yet
	decision  semantics.Decision
	rounds    int // how many responses of other fetches did not answer it
	declined  int // how many fetches that it joined were for their leaders only
	vainWaits int // how often it waited for a leader that the origin may have refused

	began    store.Instant
	status   message.CacheStatus
	age      int64     // of the reply in seconds; negative: no Age field
	cookies  [][]byte  // values of Set-Cookie for this client only, not in the shared head; nil: none
	problem  string    // RFC 9209 error token; empty: none
	closer   closer    // what the reply holds open; nil: nothing
	attended bool      // canceller is cancelled when the client leaves
	diskBody *diskBody // of found, its first bytes read; nil: none
}

// scratch is memory that the next request uses again.
type scratch struct {
	texts     texts     // of variants
	hashed    []byte    // a text of which only the hash is needed
	id        []byte    // the request's ID, if it was made here
	head      wire.Head // made for this reply
	edited    wire.Head // the same after the rule's edits
	spans     []semantics.Span
	reduced   reducedURL
	memory    fetch.Memory      // of the request's own fetches
	canceller *origin.Canceller // ends the work for this client alone; nil: none was needed yet
}

type closer interface{ Close() }

// texts holds key texts, which stay as they are until the next request.
type texts struct {
	all []byte // one after the other
}

// keep returns the text that was appended to t.all, which is now grown. Who appends to the
// text gets a copy.
func (t *texts) keep(grown []byte) []byte {
	start := len(t.all)
	t.all = grown
	return grown[start:len(grown):len(grown)]
}

// begin makes the state ready for a new request, until end.
func (n *Node) begin(m *message.Exchange) *exchange {
	x, ok := m.State.(*exchange)
	if !ok {
		x = new(exchange)
		m.State = x
	}
	x.Exchange = m
	x.requestState = requestState{tables: n.tables.Load(), age: -1, began: m.Now}
	x.texts.all, x.id, x.spans = x.texts.all[:0], x.id[:0], x.spans[:0]
	m.Scratch = m.Scratch[:0]
	return x
}

// refused notes that the node itself answers, and why.
func (x *exchange) refused(reason message.Reason) {
	x.status = message.CacheStatus{Outcome: message.Refused, Reason: reason}
}

// Clock is the node's clock: the wall clock at the start, then the monotonic
// one, so that a step of the wall clock never changes an object's age.
type Clock struct {
	start time.Time
	base  store.Instant
}

// NewClock starts a clock.
func NewClock() *Clock {
	now := time.Now()
	return &Clock{start: now, base: store.Instant(now.UnixNano())}
}

// Now reads the clock.
func (c *Clock) Now() store.Instant { return c.base + store.Instant(time.Since(c.start)) }
