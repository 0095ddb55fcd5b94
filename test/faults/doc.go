// Package faults has the disk of a node fail while clients ask it: errors of
// one kind or all, calls that take ten seconds, a full file system, a frozen
// one. No client may notice: no answer is a 5xx, no body is wrong, what is in
// RAM goes on at once, and the disk is back in service soon after it works
// again.
//
// The nodes are in this process, on a disk that fails as it is told, and the
// real binary, on file systems that are mounted for it, which takes root.
//
// It asserts no speed: -report measures that, in a table.
package faults
