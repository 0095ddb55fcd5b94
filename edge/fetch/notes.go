package fetch

import (
	"brink/edge/message"
	"brink/store"
)

// The facts that the node remembers about a key for a while. There is one mark of each
// kind for each class of requests: see Requests.kind.
const (
	markApart      store.MarkKind = iota * requestClasses // hit-for-miss: the response is not storable, so requests do not wait for each other
	markDoubted                                           // one kind of client got a response that is not storable
	markUnread                                            // nobody read the body that was fetched for a HEAD
	markPaused                                            // a refresh failed
	markUnanswered                                        // the origin gave no answer in time
	markRefused                                           // the origin refused a refresh
)

// apartSpan is how long a key is remembered as not storable, so that its requests do
// not wait for each other.
const apartSpan = 120 * store.Second

// FetchApart reports whether a response for these requests was not storable within the last
// two minutes: for all of them, or for those with one User-Agent (hit-for-miss).
func (s *Fetcher) FetchApart(like Requests, agent store.Key, now store.Instant) bool {
	return s.marked(like, markApart, now) || s.marked(like.OfAgent(agent), markApart, now)
}

// Unread reports whether the body of a response that was fetched for a HEAD was not read
// by anybody lately.
func (s *Fetcher) Unread(q Requests, now store.Instant) bool { return s.marked(q, markUnread, now) }

// Paused reports whether a refresh of a stored response failed just now.
func (s *Fetcher) Paused(key store.Key, now store.Instant) bool {
	return s.Store.Marked(markPaused, key, now)
}

// Unanswered reports whether the origin gave no answer in time about a stored response
// lately.
func (s *Fetcher) Unanswered(key store.Key, now store.Instant) bool {
	return s.Store.Marked(markUnanswered, key, now)
}

// Refused reports whether the origin refused to refresh a stored response lately.
func (s *Fetcher) Refused(key store.Key, now store.Instant) bool {
	return s.Store.Marked(markRefused, key, now)
}

func (s *Fetcher) mark(q Requests, fact store.MarkKind, until store.Instant) {
	s.Store.Mark(q.kind(fact), q.key, until)
}

func (s *Fetcher) marked(q Requests, fact store.MarkKind, now store.Instant) bool {
	return s.Store.Marked(q.kind(fact), q.key, now)
}

func (s *Fetcher) unmark(q Requests, fact store.MarkKind) {
	s.Store.Unmark(q.kind(fact), q.key)
}

// notes is what a fetch needs to note facts for later requests. It outlives the request.
type notes struct {
	shared    *Fetcher
	state     *SiteState
	like      Requests
	agent     Requests  // of like, those with the same User-Agent
	refreshed store.Key // of the object that a refresh renews; zero: the fetch is no refresh
	reduced   bool      // the query in the key is reduced
	full      store.Key // of the URL with all of its query; valid with reduced
}

// noteStored notes that a response is stored under this key. Requests for it need not fetch
// on their own any more.
func (n *notes) noteStored(key store.Key) {
	s := n.shared
	s.unmark(n.like, markApart)
	s.unmark(n.like, markDoubted)
	s.unmark(n.agent, markApart)
	s.Store.Unmark(markUnanswered, key)
	s.Store.Unmark(markRefused, key)
}

// deleteOlder deletes the response stored for the full query, before a newer one is stored
// for the reduced query. It would be used again when the policy ends.
func (n *notes) deleteOlder() {
	if n.reduced {
		n.shared.Store.Delete(n.full)
	}
}

// noteUnread notes that nobody read the body.
func (n *notes) noteUnread() {
	n.shared.mark(n.like, markUnread, n.shared.Now()+apartSpan)
}

// keepApart notes that the fetch's response was not storable, for this reason. A single
// request must not be able to end the collapsing of all requests for the URL. So the
// note counts only for the same kind of client at first. It counts for all once another
// kind, or the node itself, got such a response, too. It counts for all at once if the
// reason is about such requests: see OfRequest.
//
// INVARIANT: an error that the request may have provoked is never noted. The edge bounds
// how often requests then wait in vain.
func (f *fetch) keepApart(reason message.Reason) {
	switch reason {
	case message.ReasonRequestNoStore, message.ReasonRequestStatus, message.ReasonBusy, message.ReasonBadRange:
		return
	}
	if f.Ranged || f.provoked() {
		return
	}
	now := f.Now()
	until := now + apartSpan
	if f.isRefresh() || OfRequest(reason) {
		f.mark(f.like, markApart, until)
		return
	}
	if !f.result.Recheck && f.marked(f.like, markDoubted, now) && !f.marked(f.agent, markApart, now) {
		f.mark(f.like, markApart, until)
	}
	f.mark(f.like, markDoubted, until)
	f.mark(f.agent, markApart, until)
}
