// Package edge is the path of a request through the node. It finds the site and the rule,
// looks for a stored response, answers with it, or fetches one for all who wait.
//
// Begin to read at serve.go: it lists the steps of the path, and the file of each.
// Engines (edge/http1) call the package through message.Handler. It parses no bytes from
// the network and stores none: edge/site has the tables, edge/semantics makes the
// decisions, edge/fetch asks origins, store keeps objects and fills.
//
// Lock order: a request takes no lock of the node. The tables are immutable, and a reload
// replaces them through one atomic pointer.
//
// # Glossary
//
// Terms of HTTP caching have the meaning that RFC 9110 and RFC 9111 give them. These are ours:
//
// Of a request:
//
//   - Exchange: one request and its reply, in memory that the next one on the connection uses again.
//   - Step: one function on the path of a request, which returns the step that follows.
//   - Admit: to decide whether a request is answered, looked up, passed or refused.
//   - Pass: to hand a request to the origin and its response to the client, past the cache.
//   - Refuse: to answer with an error of the node's own.
//   - Reason: the name for why something was done; logs, metrics and Cache-Status give the same.
//   - Stand in: a stored response is sent although it is stale, because the origin failed.
//   - Attend: to have an exchange's work end when its client leaves.
//   - Authenticated connection: one to the origin on which a client has used NTLM or Negotiate.
//
// Of a site:
//
//   - Site: the settings for some hosts. Rule: the settings for some paths of a site.
//   - Wall: a rule that keeps responses of one user apart, or out of the cache.
//   - Edits: the fields that a rule removes and sets, in requests to origins or in replies.
//   - Tables: a whole conf set, compiled; a reload replaces them.
//
// Of stored responses:
//
//   - Object: a stored response, which never changes once others can see it.
//   - Key text: scheme, host, path, query and fields that a key hashes; compared on every hit.
//   - Primary key: the key of a URL. Variant key: that of a response that varies (Vary).
//   - Selector: the names of the request fields by which a variant is selected.
//   - Index: the object under a primary key that lists the selectors and variants of the URL.
//   - Tier: a place for objects: RAM, and the disk below it.
//   - Promote: to bring an object from disk to RAM. Demote: to write it from RAM to disk.
//   - Stamp: the number of the newest purge in force when a fetch began.
//   - Verdict of purges: untouched, soft (stale now) or hard (gone).
//   - Search policy: what a path's No-Vary-Search says about parameters of its queries.
//
// Of fetches:
//
//   - Fetch: one request to the origin for a response that may be stored.
//   - Fill: a response that arrives, which many requests can read from while it grows.
//   - Leader: the request that began a shared fetch. Followers wait for its fill.
//   - Collapse: to answer many requests with one fetch.
//   - Decline: to end a fill without a response to share; its followers look elsewhere.
//   - Refresh: a fetch in the background, with a request of the node's own.
//   - Renew: to update a stored response with the fields of a 304.
//   - Recheck: to refresh because a client's response suggests that the stored one is outdated.
//   - Apart: requests whose responses were not storable lately do not wait for each other (hit-for-miss).
//   - Outage: no connection to an origin could be made lately, so that stale responses go out at once.
//   - Known client: one that the origin can tell from others by its request (cookies, credentials).
//   - Provoked: an error response that something in this one request may have caused.
package edge
