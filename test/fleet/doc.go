// Package fleet runs several real nodes with one stream of purges: on one
// machine, and in network namespaces with wires that are cut, slow and lossy.
package fleet
