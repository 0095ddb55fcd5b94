// Package fleet runs several real nodes with one stream of purges: on one machine, and in
// network namespaces whose links are cut, slow or lossy.
package fleet
