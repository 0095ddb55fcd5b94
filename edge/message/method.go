package message

// Method is a request method; MethodOther is every one that is not named.
type Method uint8

const (
	MethodOther Method = iota
	GET
	HEAD
	POST
	PUT
	DELETE
	PATCH
	OPTIONS
	TRACE
	CONNECT
	QUERY
	PURGE
	methodCount
)

var verbs = [methodCount]string{
	GET: "GET", HEAD: "HEAD", POST: "POST", PUT: "PUT", DELETE: "DELETE", PATCH: "PATCH",
	OPTIONS: "OPTIONS", TRACE: "TRACE", CONNECT: "CONNECT", QUERY: "QUERY", PURGE: "PURGE",
}

// MethodOf names the method that was sent as verb. Methods are case-sensitive
// (RFC 9110 section 9.1). It does not allocate.
func MethodOf(verb []byte) Method {
	for m := GET; m < methodCount; m++ {
		if string(verb) == verbs[m] {
			return m
		}
	}
	return MethodOther
}

// String returns the method as it is sent; empty for MethodOther.
func (m Method) String() string { return verbs[m] }

// Safe reports whether the method is defined as safe (RFC 9110 section 9.2.1).
func (m Method) Safe() bool {
	return m == GET || m == HEAD || m == OPTIONS || m == TRACE || m == QUERY
}

// Idempotent reports whether a request with the method may be sent again (RFC
// 9110 section 9.2.2).
func (m Method) Idempotent() bool { return m.Safe() || m == PUT || m == DELETE }
