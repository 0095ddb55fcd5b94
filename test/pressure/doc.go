// Package pressure attacks the real binary with clients and origins, as anybody on the
// network can. The attacks are large enough to starve, hang or bloat a node without
// limits. During an attack a probe asks for cached paths and for new ones.
//
// A row is one attack: a file with what is done and the bounds for the figures. All
// rows share a subject (the node), an origin, a probe and a crowd (thousands of slow
// connections, in a process of their own).
//
// Without -all the rows are small and run in parallel, and there are no bounds on times.
package pressure
