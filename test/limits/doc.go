// Package limits starts the real binary with little memory or few file descriptors, and
// connects more clients than it has memory or descriptors for.
package limits
