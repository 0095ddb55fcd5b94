// Package pressure has clients and origins do to the real binary what anybody on
// the network can do, on a scale that once starved, hung or bloated a node, while
// a probe asks for cached paths and for new ones.
//
// A row is a campaign: one file with what is done and what must hold. All rows
// share a subject (the node), an origin, a probe and a crowd (thousands of slow
// connections, in a process of their own).
//
// Without -all the rows are small and run at once, and no time is judged.
package pressure
