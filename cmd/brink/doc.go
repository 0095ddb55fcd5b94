// Command brink is an HTTP response cache and CDN edge node. The command wires the packages
// together, and owns the order in which they start and stop. It has no logic of its own.
package main
