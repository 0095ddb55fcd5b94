// Package purge owns the numbered invalidations: the sequence of purges, what
// each covers, and their durability.
//
// It never touches an object. An object carries the number that was current when
// its fetch began (its stamp); asking Covers with that stamp is all that is
// needed for a purge to be in force, wherever the object is: in RAM, on disk, or
// still arriving. Nothing has to be found or deleted.
//
// A rule is a kind and an ID: a keyed hash of the name that is purged. Two names
// with one ID are purged together, which is colder and never wrong.
//
// The files: rule (the nouns), subject (what is asked about), table (the rules in
// force), log (their order), journal (their durability).
//
// Lock order: Log.mu, then a shard of the table; the journal's lock is a leaf.
package purge
