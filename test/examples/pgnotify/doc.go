// Command pgnotify listens to PostgreSQL's NOTIFY and purges the tags that come with it. A
// tag is a name that responses carry in Surrogate-Key, for purges. trigger.sql shows a
// trigger that sends tags in the transaction that changes the data.
//
// A notification is lost if nobody listens. So whenever the program begins to listen, at
// its start and after each loss of the connection, it soft-purges everything: responses
// become stale, and are validated at their next request.
package main
