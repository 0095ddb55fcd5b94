package semantics

import "brink/edge/wire"

// member is one element of a comma-separated list of the form
//
//	token [ "=" ( token / quoted-string ) ]
//
// as in Cache-Control and Surrogate-Control.
type member struct {
	name  []byte // empty if the element does not begin with a token
	value []byte // without the quotes of a quoted string, escapes left in
	form  memberForm

	element []byte // the whole element, if it is broken
}

type memberForm uint8

const (
	formBare   memberForm = iota // token
	formValue                    // token=token
	formQuoted                   // token="string"
	formBroken                   // anything else
)

// nextMember cuts the first element off a list and returns the rest. A comma
// within a quoted string does not end an element; a quote that is not closed,
// or does not stand right behind "=", is an ordinary character of a broken
// element, so that nothing restrictive is swallowed by it.
func nextMember(b []byte) (m member, rest []byte) {
	b = skipBlank(b)
	all := b
	n := tokenLen(b)
	m.name = b[:n]
	b = b[n:]
	if n > 0 && len(b) > 0 && b[0] == '=' {
		m.value, m.form, b = memberValue(b[1:])
	}
	after := skipBlank(b)
	ends := len(after) == 0 || after[0] == ','
	if ends && m.form != formBroken {
		return m, after[min(1, len(after)):]
	}
	n = brokenLen(all)
	m.form, m.element = formBroken, all[:n]
	return m, all[min(n+1, len(all)):]
}

// memberValue reads what follows "=".
func memberValue(b []byte) (value []byte, form memberForm, rest []byte) {
	if len(b) > 0 && b[0] == '"' {
		if n := quotedLen(b); n > 0 {
			return b[1 : n-1], formQuoted, b[n:]
		}
		return nil, formBroken, b
	}
	if n := tokenLen(b); n > 0 {
		return b[:n], formValue, b[n:]
	}
	return nil, formBroken, b
}

// seconds is the value as delta-seconds (RFC 9111 section 1.2.2), at most
// maxSeconds; 0 if it is none.
func (m *member) seconds() int64 {
	if m.form != formValue && m.form != formQuoted {
		return 0
	}
	n, ok := parseSeconds(m.value)
	if !ok {
		return 0
	}
	return n
}

// parseSeconds reads delta-seconds: digits and nothing else. What is larger
// than maxSeconds is maxSeconds.
func parseSeconds(b []byte) (n int64, ok bool) {
	if len(b) == 0 {
		return 0, false
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = min(n*10+int64(c-'0'), maxSeconds)
	}
	return n, true
}

// quotedLen is the length of the quoted string that b begins with, quotes
// included; 0 if it is not closed.
func quotedLen(b []byte) int {
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return 0
}

// tokenLen is the length of the token that b begins with (RFC 9110 section
// 5.6.2).
func tokenLen(b []byte) int {
	for i, c := range b {
		if !wire.IsTokenByte(c) {
			return i
		}
	}
	return len(b)
}

func skipBlank(b []byte) []byte {
	for len(b) > 0 && wire.IsSpace(b[0]) {
		b = b[1:]
	}
	return b
}
