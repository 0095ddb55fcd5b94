// Command brink is an HTTP response cache and CDN edge node. It connects the packages, and
// fixes the order in which they start and stop. It has no logic of its own.
package main
