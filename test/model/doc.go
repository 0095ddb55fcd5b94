// Package model holds the node against a reference cache: a list of what an
// origin has answered and RFC 9111 read line by line, without concurrency,
// parsing or storage. Random histories of requests, changes of the origin,
// faults, evictions, reloads and a clock that moves only when told to must give
// what the reference allows, and hits where it says so.
//
// Beside it stand metamorphic relations: two histories that differ only in what
// must not matter have the same outcome.
//
// It never looks inside the node, but to wait for its fetches and to make it
// forget.
package model
