// Command diskbench writes many times the budget of a disk tier through a real
// directory, and prints how fast that goes, how much is written for it by
// pebble's count and by the kernel's, how much the directory takes at most, how
// long the writer stands still at most, and what is dropped.
//
// Figures are those of the machine and of whatever else it does meanwhile.
package main
