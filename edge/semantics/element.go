package semantics

// elementWalk walks over what stands between the commas of a list. A comma in a
// quoted string does not separate.
type elementWalk struct {
	rest   []byte
	quotes quotes
}

// next returns the next element, which may be empty, and whether a comma follows
// it.
func (e *elementWalk) next() (element []byte, more bool) {
	for i := 0; i < len(e.rest); i++ {
		switch e.rest[i] {
		case ',':
			element, e.rest = e.rest[:i], e.rest[i+1:]
			return element, true
		case '"':
			i += e.quotes.length(e.rest[i:]) - 1
		}
	}
	element, e.rest = e.rest, nil
	return element, false
}

// quotes measures the quoted strings of one text, from left to right. If a quote is not
// closed, no later one is, as its end would also end the first. So the text is not
// searched again for each quote.
type quotes struct{ open bool }

// length is the length of the quoted string that b begins with; 1, for the quote
// alone, if it is not closed.
func (q *quotes) length(b []byte) int {
	if q.open {
		return 1
	}
	n := quotedLen(b)
	if n == 0 {
		q.open = true
		return 1
	}
	return n
}
