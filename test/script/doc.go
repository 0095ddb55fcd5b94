// Package script runs the scripts in testdata against the real binary. A script is a
// txtar archive: first the commands, then the files that they use. It shows one thing that
// users rely on. The names sort so that the most basic scripts fail first:
//
//	a  what is cached, for whom, for how long
//	b  the rules of the conf
//	c  the admin listener, the commands, the logs
//	d  failure, reload and the end
//	e  the disk tier
//
// A script may use the commands of the Go package testscript (exec, stdout, grep, cmp, ...), and:
//
//	origin NAME          starts an origin that answers as the file origin/NAME
//	                     says; its address is in $ORIGIN_NAME
//	down NAME            ends it: connections are refused
//	release              lets the answers with the option hold go on
//	asked N TARGET       waits until the origins have got N requests for TARGET:
//	                     a path (with any query), or a path with its query.
//	                     More requests are an error
//	seen TARGET          prints the last request for TARGET that an origin got
//	node [K=V...] [FILE] runs brink serve with the conf, in an environment with
//	                     K=V; its output is in node.out and node.err
//	node -demo           runs brink demo
//	conf [FILE]          replaces the running node's conf
//	signal NAME          sends HUP, USR1, TERM or KILL to the node
//	exited N             waits until the node has ended with code N
//	get [flags] TARGET   sends a request and prints the response
//	admin [flags] TARGET the same, to the admin listener
//	got NAME             prints the response to get -as NAME; waits for it
//	settled              waits until no fetch or refresh is under way
//	metric SERIES VALUE  waits until /metrics has the series with the value
//	await FILE REGEXP    waits until a line of the file matches
//
// The flags of get are -X METHOD, -H 'Name: value', -d BODY; -as NAME to go on
// without waiting for the response; -until REGEXP to ask again until the
// response matches; -upgrade TEXT to ask for a WebSocket, send the text and
// print what comes back. "! get" wants a response that is cut off.
//
// $NODE and $ADMIN are the addresses of the node and of its admin listener. The commands node
// and conf append these blocks to a conf that lacks them: node "edge", listen, admin, the
// origins that run, and a site for all hosts, whose origin is the one named "app". The
// addresses are also in the node's environment.
//
// An origin's file has a block for each path. Several blocks for one path are the answers
// to its first requests, and the last block is for all later ones. * is for all other
// paths. $n in fields and body is the number of the request for the path:
//
//	[METHOD] PATH [STATUS] [OPTION...]
//	103 Name: value
//	Name: value
//	> line of the body
//
// The options are delay=1s; hold, to wait for release before the answer, or hold=N, to
// wait after N bytes of the body; cut=N, to close the connection after N bytes; size=N,
// for a body of N bytes; chunked. An origin answers conditional requests (ETag,
// Last-Modified) by itself, and answers ranges if the block has Accept-Ranges: bytes.
// After 101 it sends every byte back.
package script
