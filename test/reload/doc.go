// Package reload reloads the real binary again and again, also with confs that cannot be
// put in force, while clients ask: every answer is by one whole conf, the one whose digest
// the node shows.
package reload
