// Package message holds the nouns of the client side: the exchange of one
// request and its reply, the URL in its one canonical form, the handler that
// answers, and the named outcomes and reasons that header field, log, metric
// and explanation share.
//
// It does no I/O and decides nothing about caching.
package message
