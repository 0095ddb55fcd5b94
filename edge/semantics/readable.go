package semantics

import (
	"encoding/binary"
	"strconv"
	"strings"
)

// ReadableKey writes a key text, of a URL or of a variant, for people:
//
//	https://example.com/path h:x-tenant=a c:session=b v:accept-encoding=br
//
// It is for logs and explanations: different texts may read alike. What is no
// key text comes out quoted.
func ReadableKey(text []byte) string {
	r := keyReader{rest: text}
	r.out.WriteString(r.part())
	r.out.WriteString("://")
	r.out.WriteString(r.part())
	r.out.WriteString(r.part())
	for len(r.rest) > 0 && !r.broken {
		r.section()
	}
	if r.broken {
		return strconv.Quote(string(text))
	}
	return r.out.String()
}

// keyReader takes apart what AppendKey and AppendVariant put together.
type keyReader struct {
	rest   []byte
	out    strings.Builder
	broken bool
}

func (r *keyReader) section() {
	switch r.byte() {
	case 'h':
		name := r.part()
		r.out.WriteString(" h:" + name)
		if strings.HasSuffix(name, "*") {
			r.fields()
		} else {
			r.value()
		}
	case 'c':
		r.cookies()
	case 's':
		r.fields()
	case 'v':
		for range r.byte() {
			r.out.WriteString(" v:" + r.part())
			r.value()
		}
	default:
		r.broken = true
	}
}

// cookies writes what appendCookies appended.
func (r *keyReader) cookies() {
	name := r.part()
	several := strings.HasSuffix(name, "*")
	r.out.WriteString(" c:" + name)
	for r.byte() != 0 && !r.broken {
		if several {
			r.out.WriteString(" c:" + r.part())
		}
		r.out.WriteString("=" + r.part())
	}
}

// fields writes what appendFields appended.
func (r *keyReader) fields() {
	for r.byte() != 0 && !r.broken {
		r.out.WriteString(" h:" + r.part())
		r.out.WriteString("=" + r.part())
	}
}

// value writes the value of a field, or nothing for an absent one.
func (r *keyReader) value() {
	switch form := r.byte(); form {
	case valueAbsent:
	case valueExact, valueEncoding, valueList:
		r.out.WriteString("=" + r.part())
	case valueLanguages:
		r.languages(r.part())
	default:
		r.broken = true
	}
}

func (r *keyReader) languages(list string) {
	lead := "="
	for len(list) > 0 {
		n := strings.IndexByte(list, ';')
		if n < 0 || len(list) < n+3 {
			r.broken = true
			return
		}
		r.out.WriteString(lead + list[:n])
		if weight := int(list[n+1])<<8 | int(list[n+2]); weight != 1000 {
			r.out.WriteString(";q=0." + strconv.Itoa(1000 + weight)[1:])
		}
		list, lead = list[n+3:], ","
	}
}

func (r *keyReader) byte() byte {
	if len(r.rest) == 0 {
		r.broken = true
		return 0
	}
	c := r.rest[0]
	r.rest = r.rest[1:]
	return c
}

func (r *keyReader) part() string {
	if len(r.rest) < 4 {
		r.broken = true
		return ""
	}
	n := int64(binary.BigEndian.Uint32(r.rest))
	r.rest = r.rest[4:]
	if n > int64(len(r.rest)) {
		r.broken = true
		return ""
	}
	s := string(r.rest[:n])
	r.rest = r.rest[n:]
	return s
}
