// Package purge owns the numbered invalidations: the sequence of purges, what each
// covers, and their durability.
//
// It never touches an object. Each object carries a stamp: the number of the newest
// purge when its fetch began. Covers compares that stamp with the rules in force. So a
// purge counts for an object at once, wherever it is: in RAM, on disk, or still
// arriving. Nothing has to be found or deleted.
//
// A rule is a kind and an ID, a keyed hash of the purged name. If two names have the
// same ID, a purge of one also purges the other. That only costs hits.
//
// If rules are lost or dropped, the floor rises: responses fetched before are validated
// before they are used.
//
// The files: rule (the types), pattern (names with a star), subject (what can be
// covered), table (the rules in force), log (their order), journal (their durability).
//
// Lock order: Log.mu, then a shard of the table. Nothing is locked while the journal's
// lock is held.
package purge
