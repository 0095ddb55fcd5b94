// Package docs tries the examples in the README files. Every fenced block is run, or at
// least checked, so that nobody can add an example that does not work. A block must be in
// one of these languages:
//
//	hcl   is loaded as a conf. Package conf tries the blocks of conf/README.md
//	sh    each command line is tried. curl, printf and brink run against a node that brink
//	      demo started. For brink serve and brink demo, only the flags are parsed. make and
//	      go must find the target or package. brink store gets the directory of a node
//	      that ran with the conf
//	nginx is read by nginx, if it is installed
//	text  is output. It must not have commands
//
// It also checks the links, and the table in test/README.md.
package docs
