// Package peers starts brink and the caches that it is compared with, each on loopback.
// Their confs are as similar as possible. The other caches come from Debian's packages.
package peers
