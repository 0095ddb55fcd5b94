// Package purge owns the numbered invalidations: the sequence of purges and
// the question "is this object covered by a purge newer than it?".
//
// It never touches an object. An object carries the sequence number that was
// current when its fetch began (its stamp); asking Covers with that stamp is
// all that is needed for a purge to be in force, wherever the object is.
//
// Lock order: Log.mu is a leaf, but for what Keep was given, which is called while
// it is held.
package purge
