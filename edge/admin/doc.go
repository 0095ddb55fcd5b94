// Package admin owns the admin listener: metrics, health, purges, reload,
// explanation and debugging, as JSON over net/http.
//
// It never listens on the data port and never decides: it asks a Node, and has a
// Purger purge. Who may ask is settled before any of it: with a token, who has
// the token; without one, who reaches the loopback interface under a loopback
// name, so that a web page cannot reach it through a name of its own (DNS
// rebinding). Further tokens are for purges alone, each within its scope.
package admin
