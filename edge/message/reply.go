package message

import (
	"io"
	"os"

	"brink/edge/wire"
)

// Reply is the answer as the handler leaves it for the engine to send, in no
// protocol's form. The engine sends:
//
//	the status and fields of Head; without a Head the connection is closed unanswered
//	Age, Set-Cookie, Cache-Status and Proxy-Status, in this order
//	what frames the content in its protocol, from Length
//	Body, then Stream
//
// It sends no content where the request was HEAD or the status is 1xx, 204 or 304,
// whatever Body and Stream hold. All slices are the handler's and valid until Done.
type Reply struct {
	Head *wire.Head

	// Fields that differ from reply to reply.
	Age     int64       // in seconds, if HasAge
	HasAge  bool        // there is an Age field
	Cookies [][]byte    // values of Set-Cookie fields, besides those in Head
	Node    string      // the node's name in Cache-Status and Proxy-Status; empty: neither is sent
	Status  CacheStatus // for Cache-Status
	Problem string      // the error of Proxy-Status, a token of RFC 9209 section 2.3; empty: the field is not sent

	Length int64 // of the content in bytes; -1: not known. For HEAD and 304 what a GET would give, -1 for none
	Body   [][]byte
	Stream Stream // nil: Body is all
	Close  bool   // close the connection after this reply

	// Tunnel, if not nil, is a connection to the origin in the protocol Upgrade. The
	// engine tells the client so, and then passes bytes both ways until either side
	// ends. In HTTP/1 the reply is a 101 with Upgrade and Connection; in HTTP/2 and 3
	// it is the 200 of an extended CONNECT (RFC 8441, RFC 9220). Head has the status
	// 200 and no field about this. There is a tunnel only if Request.Upgrade is set.
	Tunnel  io.ReadWriteCloser
	Upgrade []byte // nil: the protocol is Request.Upgrade

	// File, from FileOffset on, holds the same bytes as Body, and the kernel can
	// send from it without copying them; nil: there is none. It never changes
	// and is not the engine's to close. The engine may use either, and Body is
	// always there.
	File       *os.File
	FileOffset int64
}

// Reset empties r for the next exchange.
func (r *Reply) Reset() { *r = Reply{Body: r.Body[:0]} }

// AppendCacheStatus appends the value of the reply's Cache-Status field.
func (r *Reply) AppendCacheStatus(dst []byte) []byte {
	return appendCacheStatus(dst, r.Node, &r.Status)
}

// AppendProxyStatus appends the value of the reply's Proxy-Status field.
func (r *Reply) AppendProxyStatus(dst []byte) []byte {
	return appendProxyStatus(dst, r.Node, r.Problem, r.Status.FwdStatus)
}

// StatusCode is the status code of the reply as the client gets it; 0: there is no
// reply.
func (x *Exchange) StatusCode() int {
	switch {
	case x.Reply.Head == nil:
		return 0
	case x.Reply.Tunnel != nil && x.Request.Protocol < HTTP2:
		return 101
	}
	return x.Reply.Head.Status
}
