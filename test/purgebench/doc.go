// Command purgebench measures the purges of a fleet in this process: many nodes on
// one embedded server, each with a log and a journal of its own, connected over
// loopback. It prints how long a purge takes from the call until the last node has
// put it in force, and how many purges a second one node takes from many callers.
//
// The figures depend on the machine and on its other work: all nodes share its processors
// and its disk.
package main
