// Command pgnotify listens to PostgreSQL's NOTIFY and purges the tags that come
// with it: trigger.sql shows a trigger that sends them, in the transaction that
// changes the data.
//
// A notification is lost when nobody listens. So whenever it begins to listen, at
// its start and after each loss of the connection, everything is purged softly:
// stale, and validated when next asked for.
package main
