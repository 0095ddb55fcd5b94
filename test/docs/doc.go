// Package docs tries what the README files tell people to type. Every fenced
// block is run, or at least checked, or it is an error: nobody can add an
// example that does not work.
//
//	hcl   loads as a conf. The blocks of conf/README.md are tried in conf.
//	sh    each command line: curl, printf and brink run against a running demo, serve
//	      and demo are only parsed, make and go must find what they name, and
//	      brink store finds the directory that a node with the conf has left
//	nginx is read by nginx, if there is one
//	text  output; must not hold commands
package docs
