// Package admin owns the admin listener: metrics, health, purges, reload,
// explanation and debugging, as JSON over net/http.
//
// It never listens on the port for clients, and decides nothing about caching. It calls two
// interfaces: Node (state, reload, explanation) and Purger (purges). Parts, which cmd/brink
// fills in, implements both. All locks are leaves.
//
// Each request is checked before anything else. If the conf has a token, the request must
// carry it. If it has none, the request must be for a loopback name, such as localhost. So a
// web page cannot send requests through a name of its own (DNS rebinding). The conf may have
// further tokens, and the block of each says what it allows.
package admin
