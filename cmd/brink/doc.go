// Command brink is an HTTP response cache and CDN edge node. Its commands wire
// the packages together and own the order of start and stop; they hold no
// logic of their own.
package main
