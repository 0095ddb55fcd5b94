// Package reload reloads the conf of the real binary many times while clients send
// requests. Some of the confs cannot be put in force. Each answer must follow one whole
// conf: the one whose digest (a hash) the admin listener reports.
package reload
