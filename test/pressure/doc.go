// Package pressure attacks the real binary with clients and origins, as anybody on the
// network can. A node that had no limits would starve, hang or bloat. During an
// attack a probe asks for cached paths and for new ones.
//
// A row of the report is one attack, or one variant of it. A file has the rows of one kind of
// attack: what is done, and the bounds for the figures. All rows share a subject (the node),
// an origin, a probe and a crowd (thousands of slow connections, in a process of their own).
//
// Without -all the rows are small and run in parallel, and there are no bounds on times.
package pressure
