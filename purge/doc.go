// Package purge owns the numbered invalidations: the sequence of purges, what each
// covers, and their durability.
//
// It never touches an object. Each object carries a stamp: the number of the newest purge
// when its fetch began. [Log.Covers] compares that stamp with the purges in force. So a purge
// takes effect for an object at once, wherever it is: in RAM, on disk, or still arriving.
// Nothing has to be found or deleted. Package store calls Covers for each object. edge and
// bus add purges.
//
// A purge is kept as a Rule (not a rule of the conf): its kind, such as URL, tag or host, and
// an ID, which is a keyed hash of the purged name. If two names have the same ID, a purge of
// one also purges the other. That only costs hits.
//
// The floor is a purge number. A response with an older stamp must be validated before it is
// used. If rules are lost or dropped, the floor rises at least to the newest of their numbers.
//
// The files: rule (the types), pattern (names with a star), subject (what can be
// covered), table (the rules in force), log (their order), journal (their durability).
//
// Lock order: Log.mu, then one of: the lock of a shard of the table, journal.mu. These two are
// leaves. Covers takes only the lock of a shard.
package purge
