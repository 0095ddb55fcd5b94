package wire

// List walks over the elements of one comma-separated value (RFC 9110 section
// 5.6.1). A comma inside a quoted string does not separate. It does not
// allocate.
type List struct{ rest []byte }

// NewList returns the list of the elements of v.
func NewList(v []byte) List { return List{v} }

// Next returns the next element without surrounding white space, aliasing the
// value, and false at the end. Empty elements are left out. A quoted string
// that is not closed extends to the end of the value.
func (l *List) Next() (item []byte, ok bool) {
	for len(l.rest) > 0 {
		n := elementEnd(l.rest)
		item = Trim(l.rest[:n])
		l.rest = l.rest[min(n+1, len(l.rest)):]
		if len(item) > 0 {
			return item, true
		}
	}
	return nil, false
}

// elementEnd returns the index of the first comma outside quotes, or len(b).
func elementEnd(b []byte) int {
	quoted := false
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '"':
			quoted = !quoted
		case '\\':
			if quoted {
				i++
			}
		case ',':
			if !quoted {
				return i
			}
		}
	}
	return len(b)
}

// ContainsToken reports whether the list v has the element token, which must
// be in lower case; the comparison is without case.
func ContainsToken(v []byte, token string) bool {
	l := NewList(v)
	for item, ok := l.Next(); ok; item, ok = l.Next() {
		if EqualFold(item, token) {
			return true
		}
	}
	return false
}
