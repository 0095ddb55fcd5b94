// Package fleet runs several real nodes with one stream of purges.
package fleet
