// Package faults lets the disk of a node fail while clients send requests: with errors of
// one kind or of all kinds, calls that take ten seconds, a full file system, a frozen file
// system. No client may notice: no answer is a 5xx, no body is wrong, and responses in RAM
// do not wait for the disk. The disk is back in service soon after it works again.
//
// Some nodes run in this process, on a simulated disk. Others are the real binary, on file
// systems that the test mounts; that needs root.
//
// The tests have no bounds on speed. The flag -report measures speed, in a table.
package faults
