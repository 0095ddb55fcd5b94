package wire

import "bytes"

// Request is the head of a request. Its slices alias the head it was parsed
// from. It is reused: Parse forgets what was there before.
type Request struct {
	Method, Target []byte
	Minor          uint8 // of the version: HTTP/1.0 or HTTP/1.1
	Fields         Fields
	Content        Framing // NoContent also where Content-Length is 0
	KeepAlive      bool    // the client wants to go on with the connection

	upgrade bool // Connection lists upgrade
}

// Parse reads a complete head: request line, field lines, empty line. On a
// fault r is of no use. It does not allocate once r.Fields has grown.
//
// Parse checks the form of the target and that it holds nothing but visible
// ASCII without "#" and "\"; what it means, and whether Host is valid, is
// decided where the URL is made.
func (r *Request) Parse(head []byte, lim Limits) Fault {
	if !endsInEmptyLine(head) {
		return BadLineEnd
	}
	n, fault := r.parseLine(head)
	if fault != None {
		return fault
	}
	if lim.Target > 0 && len(r.Target) > lim.Target {
		return TargetTooLong
	}
	if fault := r.Fields.parse(head[n:], lim.Fields); fault != None {
		return fault
	}
	return r.frame()
}

// parseLine reads the request line (RFC 9112 section 3) and returns its length
// including CRLF.
func (r *Request) parseLine(b []byte) (n int, fault Fault) {
	m := 0
	for m < len(b) && IsTokenByte(b[m]) {
		m++
	}
	if m == 0 || m > MaxMethod || b[m] != ' ' {
		return 0, BadMethod
	}
	r.Method = b[:m:m]
	t := m + 1
	end := targetEnd(b, t)
	r.Target = b[t:end:end]
	if b[end] != ' ' || !r.knownForm() {
		return 0, BadTarget
	}
	n, r.Minor, fault = version(b, end+1)
	if fault != None {
		return 0, fault
	}
	if fault := lineEnd(b, n); fault != None {
		return 0, BadVersion
	}
	return n + len(crlf), None
}

// version reads "HTTP/1.0" or "HTTP/1.1" at i and returns the index after it
// (RFC 9112 section 2.3).
func version(b []byte, i int) (next int, minor uint8, fault Fault) {
	const size = len("HTTP/1.1")
	if len(b) < i+size+1 {
		return 0, 0, BadVersion
	}
	switch v := b[i : i+size]; {
	case string(v) == "HTTP/1.1":
		return i + size, 1, None
	case string(v) == "HTTP/1.0":
		return i + size, 0, None
	case string(v[:5]) == "HTTP/" && isDigit(v[5]) && v[6] == '.' && isDigit(v[7]) && !IsTokenByte(b[i+size]):
		return 0, 0, UnsupportedVersion
	}
	return 0, 0, BadVersion
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// knownForm reports whether the target has one of the four forms of RFC 9112
// section 3.2. Authority-form is left to whoever knows CONNECT.
func (r *Request) knownForm() bool {
	t := r.Target
	switch {
	case len(t) == 0:
		return false
	case t[0] == '/':
		return true
	case t[0] == '*':
		return len(t) == 1
	case string(r.Method) == "CONNECT":
		return true
	}
	n := bytes.IndexByte(t, ':')
	return n > 0 && IsToken(t[:n]) && len(t) > n+3 && t[n+1] == '/' && t[n+2] == '/'
}

// frame decides what the fields say about the message and the connection.
func (r *Request) frame() (fault Fault) {
	switch host := r.Fields.First(Host); {
	case host < 0 && r.Minor == 1:
		return NoHost
	case host >= 0 && r.Fields.Next(host) >= 0:
		return SeveralHosts
	}
	if r.Content, fault = r.Fields.framing(r.Minor); fault != None {
		return fault
	}
	if r.Content.Length == 0 {
		r.Content.Kind = NoContent
	}
	p, fault := r.Fields.persistence()
	r.KeepAlive = p.persists(r.Minor)
	r.upgrade = p.upgrade
	return fault
}

// Upgrade returns the value of Upgrade if the client asks to switch protocols:
// Connection lists it, there is one such line, and the version is HTTP/1.1
// (RFC 9110 section 7.8). Otherwise it returns nil.
func (r *Request) Upgrade() []byte {
	i := r.Fields.First(Upgrade)
	if i < 0 || !r.upgrade || r.Minor == 0 || r.Fields.Next(i) >= 0 || len(r.Fields.List[i].Value) == 0 {
		return nil
	}
	return r.Fields.List[i].Value
}
