// Package peers starts brink and the caches that it is measured beside, each on
// loopback with a conf as close to the others' as they allow. The peers come
// from Debian's packages.
package peers
