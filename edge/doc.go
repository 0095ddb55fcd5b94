// Package edge is the path of a request through the node. It finds the site and the rule,
// looks for a stored response, answers with it, or fetches one for all who wait.
//
// Start reading at serve.go: it lists the steps of the path, and the file of each. Engines
// (edge/http1) call the package through message.Handler. Package edge parses no bytes from
// the network and stores nothing. It uses edge/site for the tables, edge/semantics for the
// decisions, edge/fetch to ask origins, and store for objects and fills.
//
// A request takes no lock of this package: the tables are immutable, and a reload replaces
// them through one atomic pointer. Lock order of a reload: Node.reload.changing, then
// Node.reload, then Origin.mu of package origin.
//
// # Glossary
//
// Terms of HTTP caching have the meaning that RFC 9110 and RFC 9111 give them. The terms
// below are our own. store, store/disk and origin have further ones.
//
// Of a request:
//
//   - Exchange: one request and its reply. Later exchanges reuse its memory.
//   - Step: one function on the path of a request, which returns the step that follows.
//   - Admit: to decide whether a request is answered, looked up, passed or refused.
//   - Pass: to hand a request to the origin and its response to the client, past the cache.
//   - Refuse: to answer with an error that the node itself makes.
//   - Reason: the name for why the node did something. Logs, metrics, Cache-Status and the
//     explanation of a request (brink explain) use the same names.
//   - Stand in: a stored response is sent although it is stale, because the origin failed.
//   - Attend: to watch an exchange's client, and to cancel the work when the client leaves.
//   - Authenticated connection: a connection to the origin on which a client used NTLM or Negotiate.
//
// Of a site:
//
//   - Site: the settings for some hosts. Rule: the settings for some paths of a site.
//   - Wall: a rule that keeps responses of one user apart, or out of the cache.
//   - Edits: the fields that a rule removes and sets, in requests to origins or in replies.
//   - Tables: a whole conf (a Config of package conf), compiled. A reload replaces all of them.
//
// Of stored responses:
//
//   - Object: a stored response, which never changes once others can see it.
//   - Text of a key: the input of its hash: scheme, host, target (path and query), and
//     variant (request fields). On every hit the text of the request must equal the object's.
//   - Primary key: the key of a URL. Variant key: the key of a response with Vary.
//   - Selector: the names of the request fields by which a variant is selected.
//   - Index: the object, stored under a primary key, that lists the URL's selectors and variants.
//   - Tier: a place for objects: RAM, and the disk below it.
//   - Promote: to bring an object from disk to RAM. Demote: to write it to disk; RAM may keep it.
//   - Tag: a name that a response carries, as in Surrogate-Key, and that a purge can use.
//   - Purge: an order not to use responses that were fetched before it (hard), or to treat them
//     as stale (soft).
//   - Stamp: the number of the newest purge in force when the fetch of an object began.
//   - Verdict: what the purges mean for an object: untouched, soft, doubtful (must be validated) or hard.
//   - Search policy: which query parameters do not matter for a path, as the No-Vary-Search
//     fields of its responses say.
//
// Of fetches:
//
//   - Fetch: one request to the origin for a response that may be stored. (In package origin:
//     any request to an origin.)
//   - Fill: the place in store that takes the response to one fetch, and from which many
//     requests read while it arrives.
//   - Leader: the request that began a shared fetch. Followers wait for its fill.
//   - Collapse: to answer many requests with one fetch.
//   - Decline: to end a fill because its response must not be shared. Its followers then fetch
//     for themselves.
//   - Refresh: a fetch in the background, with a request of the node's own.
//   - Renew: to update a stored response with the fields of a 304.
//   - Recheck: to refresh a stored response that seems outdated. A response that the origin
//     sent for one client only has suggested so.
//   - Apart: said of a key whose responses were not storable lately. Requests for it do not
//     wait for each other (hit-for-miss).
//   - Outage: no connection to an origin could be made lately. Stale responses are sent at once.
//   - Known client: a client that the origin can tell from others by its request (cookies, credentials).
//   - Provoked: said of an error response that its own request may have caused. Other
//     requests might succeed.
package edge
