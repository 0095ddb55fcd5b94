package semantics

import "brink/edge/wire"

// brokenLen is the length of the broken element that b begins with: up to the
// first comma that is not in a quoted value.
func brokenLen(b []byte) int {
	for i := 0; i < len(b); {
		switch n := wordLen(b[i:]); {
		case b[i] == ',':
			return i
		case n == 0:
			i++
		default:
			i += n
			i += valueLen(b[i:])
		}
	}
	return len(b)
}

// eachWord calls each for every word of a broken element that may name a
// directive, with the word's value and the rest of the element. It skips quoted
// values and stray characters, quotes among them.
func eachWord(element []byte, each func(name, value, after []byte)) {
	for len(element) > 0 {
		n := wordLen(element)
		if n == 0 {
			element = element[1:]
			continue
		}
		end := n + valueLen(element[n:])
		each(element[:n], element[n:end], element[end:])
		element = element[end:]
	}
}

// addBroken adds the directives of a broken element, read as strictly as
// possible. See Directives.
func (d *Directives) addBroken(element []byte) {
	eachWord(element, func(name, value, after []byte) { d.addWord(directiveOf(name), value, after) })
}

// addWord adds one directive of a broken element.
func (d *Directives) addWord(which Directive, value, after []byte) {
	if which == 0 || which&permitting != 0 {
		return
	}
	if !d.Has(which) {
		d.broken |= which
	}
	switch {
	case which&restricting != 0:
		d.set |= which
	case which&tolerating != 0:
		d.addSeconds(which, 0)
	default:
		d.addSeconds(which, wordSeconds(value, after))
	}
}

// limitBrokenSMaxAge lowers an s-maxage from a broken element to the max-age, if that is
// lower: max-age would count without it.
func (d *Directives) limitBrokenSMaxAge() {
	if d.broken&SMaxAge != 0 && d.Has(MaxAge) {
		d.SMaxAge = min(d.SMaxAge, d.MaxAge)
	}
}

// wordSeconds reads "=60". It returns 0 if anything but a separator follows the
// value, as it is then not clear which number was meant.
func wordSeconds(value, after []byte) int64 {
	if len(value) == 0 || len(after) > 0 && after[0] != ';' && !wire.IsSpace(after[0]) {
		return 0
	}
	if after = skipBlank(after); len(after) > 0 && after[0] != ';' && !isLetter(after[0]) {
		return 0
	}
	value = value[1:]
	if n := len(value); n >= 2 && value[0] == '"' {
		value = value[1 : n-1]
	}
	n, _ := parseSeconds(value)
	return n
}

// valueLen is the length of the "=" that b begins with and of the token or the
// quoted string behind it; 0 if b does not begin with "=".
func valueLen(b []byte) int {
	if len(b) == 0 || b[0] != '=' {
		return 0
	}
	if b = b[1:]; len(b) > 0 && b[0] == '"' {
		return 1 + quotedLen(b)
	}
	return 1 + tokenLen(b)
}

// wordLen is the length of the word that b begins with: a token without the
// characters that are meant as quotes.
func wordLen(b []byte) int {
	for i, c := range b {
		if !wire.IsTokenByte(c) || isQuote(c) {
			return i
		}
	}
	return len(b)
}

// hasQuote reports whether a token holds a character that is meant as a quote.
func hasQuote(token []byte) bool { return wordLen(token) != len(token) }

func isQuote(c byte) bool { return c == '\'' || c == '`' }

func isLetter(c byte) bool { return 'a' <= wire.Lower(c) && wire.Lower(c) <= 'z' }
