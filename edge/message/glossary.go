package message

// Term is a line of the glossary. Cache-Status, the access log, the metrics and
// explanations share its word.
type Term struct {
	Word    string
	Meaning string // what happened, in a sentence or two
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

// Meaning says what a reason means.
func (r Reason) Meaning() string { return glossary[r].meaning }

var glossary = [ReasonCount]struct{ meaning, advice string }{
	ReasonNone:    {"There is nothing to explain.", ""},
	ReasonURIMiss: {"Nothing is stored for the URL.", ""},
	ReasonVaryMiss: {"Responses are stored for the URL, but none for these request fields.",
		"If many clients see this, the origin's Vary names a field with many values: let the key reduce it (key { cookies } or key { ignore })."},
	ReasonExpired: {"The stored response is stale, and the origin was asked whether it is still valid.",
		"With a longer max-age or ttl, or with stale_while_revalidate, clients wait for this less often."},
	ReasonNoCache: {"The response says no-cache: the origin must confirm each use. A response without a validator cannot be confirmed, so it is not stored, and the field that says no-cache is named.",
		"To let the conf overrule the origin, set ttl and store_no_cache."},
	ReasonRequest: {"The client's Cache-Control asks for validation.", `With client_directives = "ignore" it does not count.`},
	ReasonPartial: {"A part of the response is stored, but not the range that was asked for.", ""},
	ReasonPurged:  {"The stored response was purged.", ""},
	ReasonMethod:  {"The method is never answered from the cache.", ""},
	ReasonCacheOff: {`The path's rule says cache = "off".`,
		""},
	ReasonRequestBody: {"The GET or HEAD has content, which is not part of the key.", ""},
	ReasonUpgrade:     {"The request asks to switch protocols, as WebSocket does.", ""},
	ReasonSuspectPath: {"Some servers may read another path than brink, for one of two reasons. The path has %2F, an empty segment or the like. Or it has parameters after \";\", %252F or the like, and another rule matches the path that such a server reads.",
		`If the origin keeps apart paths with %2F, %3F or an empty segment, as for npm packages, set suspect_paths = "cache". It does not change other suspect paths: for these, ask for the plain spelling.`},
	ReasonForgedField: {"The key has a field by which proxies say who asks, and the request has this field although it does not come from a trusted proxy. The field is named.",
		"Add the proxy to trusted_proxies of the listener, or name the field in keep_fields."},
	ReasonBypass: {"The rule's bypass block sends the request past the cache. The cookie, field or parameter that matched is named.", ""},
	ReasonUncacheable: {"Within the last two minutes a response for this URL could not be stored. So requests for it do not wait for each other (hit-for-miss).",
		"The log has the reason of that first response. Or ask brink explain --ask."},
	ReasonOnlyIfCached: {"The client accepts only a stored response, and there is none (504).", ""},
	ReasonRefresh:      {"The stored response is stale and was served at once, while a new one is fetched in the background.", ""},
	ReasonRefused: {"The stored response is stale and was served at once. The last refresh in the background was refused by the origin with a 4xx. The node tries again. When stale_while_revalidate is over, the clients' own requests ask the origin.",
		"Let the origin answer the node's own requests (User-Agent: brink), or set the fields that it needs with request { set }. If the status means that the page is gone, add it to evict_status."},
	ReasonConnectionAuth: {"The connection uses NTLM or Negotiate: it has its own connection to the origin, and responses from that are not stored.", ""},
	ReasonOriginError:    {"The stored response is stale and was served because the origin failed (stale-if-error).", "Look at the origin."},
	ReasonUnreachable: {"The stored response is stale and was served because the origin gave no answer (stale_if_unreachable).",
		"Look at the origin, and at the network between."},
	ReasonBusy: {"The response was not stored, as the memory for arriving responses is full. With the detail `site`, only the share of this site is full: each site leaves some memory to other sites.",
		"If it happens often, raise store.memory. If the detail is `site`, find out why the site's responses take long to arrive."},
	ReasonDisk: {"The response came from disk: it was not in memory.", ""},

	ReasonStatus: {"A response with this status is not stored: it is about the request, or nothing says how long it is fresh.",
		"negative_ttl stores errors for a while."},
	ReasonRequestStatus: {"The response's status is most likely about how this request was made (400, 403, 406, 429, ...). Other requests may get another response, so the stored response stays.",
		"If it is the same for everybody, negative_ttl stores it for a while. If it says that the page is gone, add it to evict_status."},
	ReasonNoStore:        {"The response says no-store. The field that says so is named.", "If the origin's framework sends it by default, change it there."},
	ReasonRequestNoStore: {"The request said no-store.", ""},
	ReasonPrivate:        {"The response says private. The field that says so is named.", "If it is the same for all, say public at the origin, or set store_private."},
	ReasonAuthorization: {"The request says who asks, and the response does not say that it is for everybody. The request field is named. If no field is named, the request is signed, and the signature covers a field or method that brink leaves out of a fetch whose response may be stored. So brink passes the request on.",
		"Say public or s-maxage at the origin. If it cannot, set store_authorization for Authorization, and name any other field in key { headers } or key { ignore }."},
	ReasonSetCookie: {"The response sets a cookie. The cookie is named.",
		"Let the origin start no session on this page. Or say s-maxage at the origin: then the response is stored without the cookie."},
	ReasonCookie: {"The request has a cookie, and neither the origin nor the conf says anything about caching. The cookies are named.",
		"Say max-age at the origin, set ttl, or say which cookies matter with key { cookies } or key { ignore = [\"Cookie\"] }."},
	ReasonVaryStar: {"The response's Vary is *, is malformed, or names a field by which brink must not compare requests: one with the client's address, or one with which a proxy says who asks.", "At the origin, name in Vary the fields that the response depends on."},
	ReasonNoFreshness: {"The response has neither a lifetime nor a validator: it could not be used again.",
		"Say max-age at the origin, or set default_ttl."},
	ReasonTooLarge: {"The response is too long to be stored. Its length and the limit are given in bytes.",
		"An object may take a 64th of store.memory, at least 1 MiB; with a disk block an eighth of the disk. Raise store.memory or add a disk block. max_object, of the store or of the path, can only lower the limit."},
	ReasonTooManyVariants: {"As many variants of the URL are stored as may be.",
		"Raise store.max_variants, or let the key reduce the fields that the response varies by."},
	ReasonUnread: {"All clients left before the response was complete, and brink stopped the fetch. brink finishes such a fetch only if at most 8 MiB or at most a tenth of the response is missing.",
		"Nothing."},
	ReasonIncomplete:  {"The response was cut off, or is not as long as it said.", "Look at the origin."},
	ReasonTooManyTags: {"The response has more than 1,024 tags.", "Send fewer tags, each for more responses."},
	ReasonBadRange:    {"The origin sent another part than the one asked for, or did not say which part it is.", "Look at the origin."},
	ReasonVaryTooWide: {"The response's Vary names more than 16 fields.", "Name fewer at the origin."},
	ReasonMalformed:   {"The response's fields contradict each other.", "Look at the origin."},
	ReasonContentType: {"The path's pattern ends in a file extension, the response has another kind of content, and the origin does not say how long it is fresh. The content type is named.",
		"If the response is a page, nothing: somebody asked for a page under the name of a file. If it is a file of that kind, correct the Content-Type at the origin, or set any_type."},
	ReasonUnkeyedField: {"The request has an unknown field, on which the response may depend, and the freshness is only guessed, or unknown_fields is \"refuse\". The fields are named.",
		"Say max-age at the origin or set ttl. If the field does not matter, name it in key { ignore }; if it does, in key { headers }."},

	ReasonUnknownHost:    {"No site has this host (421).", "Add the host to a site's hosts."},
	ReasonRedirectRule:   {"The rule redirects.", ""},
	ReasonRespondRule:    {"The rule gives a fixed response.", ""},
	ReasonLoop:           {"CDN-Loop or Via shows that the request was here before (508).", "Check that the origin's address does not lead back to this node, and that every node has an id of its own."},
	ReasonBadRequest:     {"The request is malformed or can be read in two ways (400).", ""},
	ReasonHeadTooLarge:   {"The request's target or fields are over the limit (414, 431).", "Raise max_target, max_head or max_fields of the listener."},
	ReasonRequestTimeout: {"The client was too slow (408).", "If clients are slow for a reason, raise head_timeout or body_timeout of the listener, or lower min_rate."},
	ReasonMethodRefused: {"The method is not allowed: TRACE, CONNECT, or a purge from an address that may not purge (405). For a purge, the address is given, or the field that shows that an unknown proxy forwarded it.",
		"To allow purges, add the address to purge { allow } of the site. Behind a proxy, see trusted_proxies of the listener."},
	ReasonPurge:         {"The request was a purge.", ""},
	ReasonPurgePattern:  {"The purge has a pattern that brink cannot cover (501).", "Purge by tags or by a prefix."},
	ReasonBodyTooLarge:  {"The request's content is over the limit (413).", "Raise max_body of the listener."},
	ReasonPrecondition:  {"The request has If-Match or If-Unmodified-Since, which only the origin can answer.", ""},
	ReasonUnsatisfiable: {"The range begins after the end of the response (416).", ""},
	ReasonExpectation:   {"The request expects something other than 100-continue (417).", ""},
	ReasonOverload:      {"All connections to the origin are taken, and the queue is full or was too slow (503).", "Raise max_connections and queue of the origin, or let it send longer lifetimes."},
	ReasonClientRequests: {"The client's address has as many requests under way as it may (429).",
		"If many clients share the address, as behind a CDN, add the CDN to trusted_proxies of the listener, or raise its max_requests_per_client."},
	ReasonMemory: {"Requests under way hold all the memory that connections may have (503).",
		"Give the process more memory, or lower store.memory. brink_connection_memory_bytes shows what connections hold."},
	ReasonDescriptors: {"The process has no file descriptor left for a connection to the origin (503).",
		"Raise the limit of open files (LimitNOFILE in systemd, ulimit -n), or lower max_connections of the listeners or origins."},
	ReasonOriginTimeout:  {"The origin did not answer in time (504).", "Look at the origin, or raise its head_timeout."},
	ReasonOriginDown:     {"There is no connection to the origin (502).", "Look at the origin. Proxy-Status and the node's log say what failed."},
	ReasonOriginResponse: {"The origin's answer is not HTTP, or was cut off (502).", "Look at the origin. Proxy-Status and the node's log say what failed."},
	ReasonShutdown:       {"The node was shut down before the origin had answered (503).", "A longer drain_timeout of the node lets more requests end."},
	ReasonClientGone:     {"The client left before it had its answer (499).", "Nothing, unless many do: then look at how long they waited."},
	ReasonSlowClient: {"The client was too slow, and other clients had to wait for it. brink answered an upload with 408, or cut off the response. The others waited for a connection to the origin, or they read the same response, which is too large for memory.",
		"If the metric brink_origin_ended_total rises, clients wait for connections: raise max_connections of the origin; if many clients come through one proxy, add it to trusted_proxies. If it does not rise, clients wait for a large response: add a disk block, which holds the response, so that nobody has to wait."},
	ReasonPanic: {"The node itself failed (500). The log has the stack trace.", "Report it."},
}
