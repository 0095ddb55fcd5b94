// Package limits starts the real binary with little memory or few file descriptors and
// has more clients than that is enough for.
package limits
