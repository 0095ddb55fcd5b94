// Package store owns stored responses: the objects, the fills that collapse
// concurrent misses into one fetch, the RAM tier and the order of the tiers.
//
// It never knows what HTTP means: it neither parses a field nor decides
// whether a response may be stored or reused, and it never touches the
// network.
package store
