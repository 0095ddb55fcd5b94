package wire

import "bytes"

// Limits bounds what Parse accepts. The bytes of the whole head are bounded by
// whoever reads it.
type Limits struct {
	Target int // bytes of the request target; 0: no limit
	Fields int // field lines; 0: no limit but MaxFields
}

const (
	// MaxMethod is the longest method, in bytes.
	MaxMethod = 64
	// MaxFields is the largest number of field lines in any message.
	MaxFields = 1<<16 - 1
)

// HeadEnd looks for the end of a head in b, all that was read of it so far.
// from is the length of b at the call before, 0 at the first. It returns the
// length of the head including its empty line, or 0 if more has to be read. A
// line that does not end in CRLF is a fault at once.
//
// An empty line at the very start ends the head too (n is 2), and Parse
// rejects it: a server that tolerates one (RFC 9112 section 2.2) cuts it off
// before.
func HeadEnd(b []byte, from int) (n int, fault Fault) {
	for i := from; ; i++ {
		step := bytes.IndexByte(b[i:], '\n')
		if step < 0 {
			return 0, None
		}
		i += step
		if i == 0 || b[i-1] != '\r' {
			return 0, BadLineEnd
		}
		if i == 1 || b[i-2] == '\n' {
			return i + 1, None
		}
	}
}

// Overflow names the fault of a request head that has outgrown what its reader
// takes, from the part that was read.
func Overflow(head []byte) Fault {
	switch {
	case bytes.IndexByte(head[:min(len(head), MaxMethod+1)], ' ') < 0:
		return BadMethod
	case bytes.IndexByte(head, '\n') < 0:
		return TargetTooLong
	}
	return HeadTooLarge
}

const crlf = "\r\n"

func endsInEmptyLine(b []byte) bool {
	return len(b) >= 2 && string(b[len(b)-2:]) == crlf &&
		(len(b) == 2 || len(b) >= 4 && string(b[len(b)-4:len(b)-2]) == crlf)
}

// parse reads field lines (RFC 9112 section 5) from b, which ends with an
// empty line (endsInEmptyLine). limit is the largest number of lines, 0 for
// MaxFields.
func (f *Fields) parse(b []byte, limit int) Fault {
	f.Reset()
	if limit <= 0 || limit > MaxFields {
		limit = MaxFields
	}
	for p := 0; ; {
		if b[p] == '\r' {
			if p != len(b)-2 {
				return BadLineEnd
			}
			return None
		}
		if len(f.List) == limit {
			return TooManyFields
		}
		colon, id, fault := fieldName(b, p)
		if fault != None {
			return fault
		}
		start := colon + 1
		for IsSpace(b[start]) {
			start++
		}
		end := valueEnd(b, start)
		if fault := lineEnd(b, end); fault != None {
			return fault
		}
		next := end + len(crlf)
		for end > start && IsSpace(b[end-1]) {
			end--
		}
		f.add(Field{Name: b[p:colon:colon], Value: b[start:end:end], ID: id})
		p = next
	}
}

// fieldName reads the name of the line that begins at p and returns the index
// of the colon after it.
func fieldName(b []byte, p int) (colon int, id Name, fault Fault) {
	if IsSpace(b[p]) {
		return 0, Other, FoldedLine
	}
	n := bytes.IndexByte(b[p:], ':')
	if n <= 0 {
		return 0, Other, BadFieldName
	}
	name := b[p : p+n]
	id = NameOf(name)
	if id == Other { // a known name is a token
		switch all := tokenClasses(name); {
		case all == 0:
			return 0, Other, BadFieldName
		case all&underscoreByte != 0 && shadows(name):
			return 0, Other, ShadowName
		}
	}
	return p + n, id, None
}

// lineEnd checks that what ends a line at i is CRLF, in a head that ends in
// CRLF.
func lineEnd(b []byte, i int) Fault {
	switch {
	case b[i] == '\r' && b[i+1] == '\n':
		return None
	case b[i] == '\r' || b[i] == '\n':
		return BadLineEnd
	}
	return BadFieldValue
}

// shadows reports whether a server that takes "_" for "-" reads name as a field that frames
// a message. Servers do so that pass fields to a program in environment variables (CGI).
func shadows(name []byte) bool {
	var dashed [len("Transfer-Encoding")]byte
	if len(name) > len(dashed) {
		return false
	}
	for i, c := range name {
		if c == '_' {
			c = '-'
		}
		dashed[i] = c
	}
	switch NameOf(dashed[:len(name)]) {
	case ContentLength, TransferEncoding, KeepAlive, ProxyConnection:
		return true
	}
	return false
}
