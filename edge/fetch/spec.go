package fetch

import (
	"brink/edge/message"
	"brink/edge/semantics"
	"brink/edge/site"
	"brink/origin"
	"brink/purge"
	"brink/store"
)

// Spec says what to fetch. Nobody changes it once the fetch has begun. What it points to
// is memory of the request, unless noted otherwise.
//
// INVARIANT: Stored was in force when the fetch began. So a 304, which is stamped with that
// moment, never renews a response that was purged before it.
type Spec struct {
	Site       *site.Site
	State      *SiteState
	Rule       *site.Rule
	Request    *message.Request
	ID         []byte // for X-Request-ID
	Directives semantics.Directives

	Text      []byte                  // of the primary key
	Primary   store.Key               // of the URL, with the rule's key fields
	URL       store.Key               // that purges of the URL use
	Search    *semantics.SearchPolicy // by which the query in Text is reduced; nil: it is not
	Full      store.Key               // of the URL with all of its query; valid with Search
	Selectors []store.Selector        // by which the URL's responses vary; immutable

	Validates *store.Object // the stored response to validate; nil: none
	Part      *store.Object // the stored part to complete; nil: none
	Ranged    bool          // ask for the client's range only
	Like      Requests      // the requests that this one is like
	Agent     Requests      // of them, those with the same User-Agent
	Stamp     purge.Seq     // the newest purge in force when the fetch began

	Client    message.Client    // whom the fetch is for; nil: nobody, as in explain
	Canceller *origin.Canceller // ends the work for this client alone; not used by Lead and Refresh
}

// old returns the stored response that the fetch's response replaces; nil: there is none.
func (s *Spec) old() *store.Object {
	if s.Part != nil {
		return s.Part
	}
	return s.Validates
}
