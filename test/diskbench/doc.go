// Command diskbench writes many times the budget of a disk tier into a real directory.
// It prints the speed, the bytes written as pebble and the kernel count them, the largest
// size of the directory, the longest time for which the writer stood still, and how much
// was dropped.
//
// The figures depend on the machine and on its other work.
package main
