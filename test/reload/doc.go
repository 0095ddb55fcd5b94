// Package reload reloads the conf of the real binary many times, also with confs that
// cannot be put in force, while clients send requests. Each answer must be by one whole
// conf: the one whose digest the node shows.
package reload
