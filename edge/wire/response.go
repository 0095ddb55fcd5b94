package wire

// Response is the head of a response. Its slices alias the head it was parsed
// from. It is reused: Parse forgets what was there before.
type Response struct {
	Minor     uint8 // of the version: HTTP/1.0 or HTTP/1.1
	Status    int   // 100 to 999
	Reason    []byte
	Fields    Fields
	Content   Framing
	KeepAlive bool // the connection can carry another message after this one
}

// Parse reads a complete head: status line, field lines, empty line. On a
// fault r is of no use. An informational response (1xx) is a response like any
// other, without content; the final one follows it. It does not allocate once
// r.Fields has grown.
func (r *Response) Parse(head []byte, lim Limits, requestWasHead bool) Fault {
	if !endsInEmptyLine(head) {
		return BadLineEnd
	}
	n, fault := r.parseLine(head)
	if fault != None {
		return fault
	}
	if fault := r.Fields.parse(head[n:], lim.Fields); fault != None {
		return fault
	}
	return r.frame(requestWasHead)
}

// parseLine reads the status line (RFC 9112 section 4) and returns its length
// including CRLF. The space before an empty reason phrase may be missing, as
// many servers leave it out and nobody can take it for something else.
func (r *Response) parseLine(b []byte) (n int, fault Fault) {
	n, r.Minor, fault = version(b, 0)
	switch {
	case fault == BadVersion:
		return 0, BadStatusLine
	case fault != None:
		return 0, fault
	case len(b) < n+6 || b[n] != ' ' || !isDigit(b[n+1]) || !isDigit(b[n+2]) || !isDigit(b[n+3]):
		return 0, BadStatusLine
	}
	r.Status = int(b[n+1]-'0')*100 + int(b[n+2]-'0')*10 + int(b[n+3]-'0')
	n += len(" 200")
	if r.Status < 100 || b[n] != ' ' && b[n] != '\r' {
		return 0, BadStatusLine
	}
	if b[n] == ' ' {
		n++
	}
	end := valueEnd(b, n)
	r.Reason = b[n:end:end]
	if fault := lineEnd(b, end); fault != None {
		return 0, BadStatusLine
	}
	return end + len(crlf), None
}

// frame decides what the fields say about the message and the connection, in
// the order of RFC 9112 section 6.3.
func (r *Response) frame(requestWasHead bool) Fault {
	content, fault := r.Fields.framing(r.Minor)
	if fault != None {
		return fault
	}
	p, fault := r.Fields.persistence()
	if fault != None {
		return fault
	}
	r.KeepAlive = p.persists(r.Minor)
	switch {
	case r.Status < 200 || r.Status == 204:
		// Content is announced where there can be none: who knows what follows.
		r.KeepAlive = r.KeepAlive && content.Length == 0 && r.Status != 101
		r.Content = Framing{}
	case requestWasHead || r.Status == 304:
		r.Content = Framing{NoContent, -1}
		if content.Kind == ByLength {
			r.Content.Length = content.Length
		}
	case content.Kind == NoContent:
		r.KeepAlive = false
		r.Content = Framing{ByClose, -1}
	default:
		r.Content = content
	}
	return None
}
