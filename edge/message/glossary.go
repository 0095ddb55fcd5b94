package message

// Term is a line of the glossary: a word that Cache-Status, the access log, the
// metrics and explanations share, and what it means.
type Term struct {
	Word    string
	Meaning string // what happened, in one sentence
	Advice  string // what an operator may do about it; empty: nothing needs to be done
}

// Glossary explains every reason, in the order of their numbers.
func Glossary() []Term {
	terms := make([]Term, 0, ReasonCount)
	for r := ReasonNone + 1; r < ReasonCount; r++ {
		terms = append(terms, Term{r.String(), glossary[r].meaning, glossary[r].advice})
	}
	return terms
}

// Advice says what an operator may do about a reason; empty for nothing.
func (r Reason) Advice() string { return glossary[r].advice }

// Meaning says in one sentence what a reason means.
func (r Reason) Meaning() string { return glossary[r].meaning }

var glossary = [ReasonCount]struct{ meaning, advice string }{
	ReasonNone:    {"There is nothing to explain.", ""},
	ReasonURIMiss: {"Nothing is stored for the URL.", ""},
	ReasonVaryMiss: {"Responses are stored for the URL, but none for these request fields.",
		"If many clients see this, the origin's Vary names a field with many values: let the key reduce it (key { cookies } or key { ignore })."},
	ReasonExpired: {"The stored response is stale, and the origin was asked whether it still holds.",
		"A longer max-age, ttl, or stale_while_revalidate keeps clients from waiting for this."},
	ReasonNoCache: {"The stored response says no-cache: each use needs the origin's word.",
		"ttl lifts it, if the origin may be overruled."},
	ReasonRequest: {"The client's Cache-Control asks for validation.", `client_directives = "ignore" does not listen to it.`},
	ReasonPartial: {"A part of the response is stored, but not the range that was asked for.", ""},
	ReasonPurged:  {"The stored response was purged.", ""},
	ReasonMethod:  {"The method is never answered from the cache.", ""},
	ReasonCacheOff: {`The path's rule says cache = "off".`,
		""},
	ReasonRequestBody: {"The GET or HEAD has content, which is not part of the key.", ""},
	ReasonUpgrade:     {"The request asks to switch protocols, as WebSocket does.", ""},
	ReasonSuspectPath: {"The path can be read in more than one way (%2F, an empty segment, ...).",
		`suspect_paths = "cache" stores those that are meant, as the names of npm packages.`},
	ReasonBypass: {"The rule's bypass block sends the request past the cache. The name of what matched is told.", ""},
	ReasonUncacheable: {"A response for this URL could not be stored a short while ago, so requests do not wait for each other (hit-for-miss).",
		"The first response said why: look for its reason in the log, or ask brink explain --ask."},
	ReasonOnlyIfCached:   {"The client takes only a stored response, and there is none (504).", ""},
	ReasonRefresh:        {"The stored response is stale and was served at once, while a new one is fetched in the background.", ""},
	ReasonConnectionAuth: {"The connection speaks NTLM or Negotiate: it has a connection to the origin of its own, and nothing that comes over that is stored.", ""},
	ReasonOriginError:    {"The stored response is stale and was served because the origin failed (stale-if-error).", "Look at the origin."},
	ReasonUnreachable: {"The stored response is stale and was served because the origin gave no answer (stale_if_unreachable).",
		"Look at the origin, and at the way to it."},
	ReasonBusy: {"The cache could not take the response: its memory was taken up by others that arrive.",
		"More store.memory, if it happens often."},
	ReasonDisk: {"The response came from disk: it was not in memory.", ""},

	ReasonStatus: {"The response's status is not stored: it is about the request, or nobody said for how long it is fresh.",
		"negative_ttl stores errors for a while."},
	ReasonNoStore:        {"The response says no-store. The field that says so is told.", "If the origin's framework sends it by default, change it there."},
	ReasonRequestNoStore: {"The request said no-store.", ""},
	ReasonPrivate:        {"The response says private. The field that says so is told.", "If it is the same for all, say public at the origin, or store_private."},
	ReasonAuthorization: {"The request says who asks, and the response does not say that it is for everybody. The field is told.",
		"Say public or s-maxage at the origin, put the field into key { headers } or key { ignore }, or set store_authorization."},
	ReasonSetCookie: {"The response sets a cookie. The cookie's name is told.",
		"Do not start a session there, or say s-maxage at the origin: then the rest is stored without the cookie."},
	ReasonCookie: {"The request has a cookie, and nobody has said a word about caching. The cookies are told.",
		"Say max-age at the origin, set ttl, or say which cookies matter with key { cookies } or key { ignore = [\"Cookie\"] }."},
	ReasonVaryStar: {"The response's Vary names no field that requests could be compared by, as *.", "Name at the origin what it depends on."},
	ReasonNoFreshness: {"The response has neither a lifetime nor a validator: it could not be used again.",
		"Say max-age at the origin, or set default_ttl."},
	ReasonTooLarge: {"The response is longer than what is stored. Its length and the limit are told.", "max_object of the store and of the path, store.memory, or a disk block."},
	ReasonTooManyVariants: {"The URL has its full number of variants.",
		"store.max_variants, or a key that reduces what the response varies by."},
	ReasonIncomplete:  {"The response was cut off, or is not as long as it said.", "Look at the origin."},
	ReasonTooManyTags: {"The response has more tags than a lookup can check.", "Fewer, or coarser, tags."},
	ReasonBadRange:    {"The part that the origin sent is not the one that was asked for, or does not say of what.", "Look at the origin."},
	ReasonVaryTooWide: {"The response's Vary names more fields than are compared.", "Name fewer at the origin."},
	ReasonMalformed:   {"The response's fields contradict each other.", "Look at the origin."},
	ReasonUnkeyedField: {"The request has a field of which nobody knows whether the response depends on it, and the freshness is only guessed. The fields are told.",
		"Say max-age at the origin or set ttl. If the field does not matter, name it in key { ignore }; if it does, in key { headers }."},

	ReasonUnknownHost:    {"No site has this host (421).", "Add the host to a site's hosts."},
	ReasonRedirectRule:   {"The rule redirects.", ""},
	ReasonRespondRule:    {"The rule gives a fixed response.", ""},
	ReasonLoop:           {"CDN-Loop or Via shows that the request was here before (508).", "The origin's address leads back to this node, or two nodes have one id."},
	ReasonBadRequest:     {"The request is malformed or can be read in two ways (400).", ""},
	ReasonHeadTooLarge:   {"The request's target or fields are over the limit (414, 431).", "max_target, max_head and max_fields of the listener."},
	ReasonRequestTimeout: {"The client was too slow (408).", "head_timeout, body_timeout and min_rate of the listener."},
	ReasonMethodRefused:  {"The method is not allowed: TRACE, CONNECT, or a purge from an address that may not (405).", "purge { allow } of the site says who may purge."},
	ReasonPurge:          {"The request was to purge.", ""},
	ReasonPurgePattern:   {"The purge names a pattern that cannot be covered (501).", "Purge by tags or by a prefix."},
	ReasonBodyTooLarge:   {"The request's content is over the limit (413).", "max_body of the listener."},
	ReasonPrecondition:   {"The request has If-Match or If-Unmodified-Since, which only the origin can answer.", ""},
	ReasonUnsatisfiable:  {"The range lies behind the end of the response (416).", ""},
	ReasonExpectation:    {"The request expects something other than 100-continue (417).", ""},
	ReasonOverload:       {"All connections to the origin are taken, and the queue is full or was too slow (503).", "max_connections and queue of the origin, or a longer lifetime of what it sends."},
	ReasonOriginTimeout:  {"The origin did not answer in time (504).", "head_timeout of the origin, or look at the origin."},
	ReasonOriginDown:     {"There is no connection to the origin (502).", "Look at the origin. Proxy-Status and the node's log say what failed."},
	ReasonOriginResponse: {"The origin's answer is not HTTP, or was cut off (502).", "Look at the origin. Proxy-Status and the node's log say what failed."},
	ReasonShutdown:       {"The node was shut down before the origin had answered (503).", "A longer drain_timeout of the node lets more requests end."},
	ReasonClientGone:     {"The client left before it had its answer (499).", "Nothing, unless many do: then look at how long they waited."},
	ReasonPanic:          {"A fault of the node itself (500). The log has its trace.", "Report it."},
}
