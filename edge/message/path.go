package message

import (
	"bytes"

	"brink/edge/wire"
)

// Classes of a target's bytes. A query takes every visible byte but "#" and
// "\"; a path takes what RFC 3986 section 3.3 gives it, and "[", "]", "^" and
// "|" besides, which browsers send as they are. The other forbidden ones
// (quotes, angle brackets, braces, back-tick) arrive escaped from everybody
// who means them.
const (
	pathBad = iota
	pathPlain
	pathSlash
	pathPercent
	pathQuestion
	pathSemicolon
)

var pathClass = func() (t [256]uint8) {
	for c := range t {
		if unreserved(byte(c)) {
			t[c] = pathPlain
		}
	}
	for _, c := range "!$&'()*+,=:@[]^|" {
		t[c] = pathPlain
	}
	t['/'], t['%'], t['?'], t[';'] = pathSlash, pathPercent, pathQuestion, pathSemicolon
	return t
}()

var queryByte = func() (t [256]bool) {
	for c := 0x21; c < 0x7f; c++ {
		t[c] = c != '#' && c != '\\'
	}
	return t
}()

// unreserved is RFC 3986 section 2.3.
func unreserved(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '.', c == '_', c == '~':
		return true
	}
	return false
}

// setTarget sets Target, and the fields about path and query. Its argument is a target in
// origin-form or "*", or the part of an absolute-form target after the authority.
func (u *URL) setTarget(target, buf []byte) ([]byte, URLFault) {
	if string(target) == "*" {
		u.Target, u.Path = target, target
		return buf, URLOK
	}
	s := surveyPath(target)
	if s.fault != URLOK {
		return buf, s.fault
	}
	path, query := target[:s.end], target[s.end:]
	if fault := surveyQuery(query); fault != URLOK {
		return buf, fault
	}
	if s.rewrite {
		start := len(buf)
		buf = appendPath(buf, path)
		path = buf[start:]
		s = surveyPath(path)
		buf = append(buf, query...)
		target = buf[start:len(buf):len(buf)]
	}
	u.Target, u.Path = target, target[:len(path):len(path)]
	u.Suspect, u.Literal, u.Ambiguous = s.suspect || s.literal, s.literal && !s.suspect, s.ambiguous
	if len(query) > 0 {
		u.Query = target[len(path)+1:]
	}
	return buf, URLOK
}

// survey is what one pass over a path finds.
type survey struct {
	end       int // of the path
	rewrite   bool
	suspect   bool // the response is never stored
	literal   bool // if the response is stored, then under this spelling
	ambiguous bool // the response is stored unless a server may read a path that another rule matches
	fault     URLFault
}

// surveyQuery looks for characters and escapes that a query may not have.
func surveyQuery(b []byte) URLFault {
	for i, c := range b {
		switch {
		case !queryByte[c]:
			return BadTarget
		case c == '%' && i+2 < len(b) && b[i+1] == '0' && b[i+2] == '0':
			return EscapedNul
		}
	}
	return URLOK
}

func surveyPath(b []byte) (s survey) {
	s.rewrite = len(b) == 0 || b[0] != '/'
	i := 0
	for ; i < len(b); i++ {
		switch pathClass[b[i]] {
		case pathPlain:
		case pathSlash:
			s.ambiguous = s.ambiguous || i > 0 && b[i-1] == '.'
			s.segment(b[i+1:])
		case pathSemicolon:
			s.ambiguous = true
		case pathPercent:
			if i+2 >= len(b) || !wire.IsHex(b[i+1]) || !wire.IsHex(b[i+2]) {
				return survey{fault: BadEscape}
			}
			if b[i+1] == '0' && b[i+2] == '0' {
				return survey{fault: EscapedNul}
			}
			s.escape(b[i+1:])
			i += 2
		case pathQuestion:
			s.ends(b, i)
			return s
		default:
			return survey{fault: BadTarget}
		}
	}
	s.ends(b, i)
	return s
}

// ends completes the survey of a path that is all of b before the index end.
func (s *survey) ends(b []byte, end int) {
	s.end = end
	s.ambiguous = s.ambiguous || end > 0 && b[end-1] == '.'
}

// segment looks at the segment that b begins with.
func (s *survey) segment(b []byte) {
	if len(b) == 0 || pathClass[b[0]] == pathPlain && b[0] != '.' {
		return
	}
	if b[0] == '/' {
		s.literal = true // an empty segment, which some drop
	}
	if startsParameters(b) {
		// Without its name the segment is empty, too. At the end of a path that is
		// harmless: frameworks put the session there.
		next := bytes.IndexAny(b, "/?")
		s.suspect = s.suspect || next > 0 && b[next] == '/'
	}
	switch dotted(b) {
	case dotSegment:
		s.rewrite = true
	case dotToSome:
		s.suspect = true
	}
}

// The kinds of segments that begin with dots.
const (
	noDots     = iota
	dotSegment // "." or ".."
	dotToSome  // a dot segment for servers that first cut off parameters or blanks, or decode slashes
)

// dotted looks at the dots that a segment begins with.
func dotted(b []byte) int {
	if len(b) == 0 || b[0] != '.' {
		return noDots
	}
	if b = b[1:]; len(b) > 0 && b[0] == '.' {
		b = b[1:]
	}
	switch {
	case len(b) == 0 || b[0] == '/' || b[0] == '?':
		return dotSegment
	case startsParameters(b), len(b) > 2 && b[0] == '%' && b[1] == '2' && (b[2]|0x20 == 'f' || b[2] == '0'):
		return dotToSome
	}
	return noDots
}

// startsParameters reports whether b begins with ";", escaped or not.
func startsParameters(b []byte) bool {
	return b[0] == ';' || len(b) > 2 && b[0] == '%' && b[1] == '3' && b[2]|0x20 == 'b'
}

// escape looks at the escape whose digits b begins with.
func (s *survey) escape(b []byte) {
	hi, lo := b[0], b[1]
	c := wire.HexValue(hi)<<4 | wire.HexValue(lo)
	switch {
	case unreserved(c) || hi >= 'a' || lo >= 'a':
		s.rewrite = true
	case c == '/':
		s.literal = true
		s.suspect = s.suspect || dotted(b[2:]) != noDots
	case c == '?':
		s.literal = true
	case c == '%' && bytes.HasPrefix(b[2:], []byte("2525")):
		s.suspect = true // escaped more often than AppendReading decodes
	case c == ';', c == '%' && len(b) > 3 && wire.IsHex(b[2]) && wire.IsHex(b[3]):
		s.ambiguous = true
	case c == ' ':
		s.ambiguous = s.ambiguous || len(b) == 2 || b[2] == '/' || b[2] == '?'
	case c < 0x20, c == 0x7f, c == '\\', c == '#', overlong(c, b[2:]):
		s.suspect = true
	}
}

// overlong reports whether an escaped byte c, followed by b, begins a sequence that is
// longer than UTF-8 allows. Lenient decoders read "/" or "." in such a sequence. The bytes
// that begin an overlong sequence of two bytes begin no valid sequence.
func overlong(c byte, b []byte) bool {
	if c == 0xc0 || c == 0xc1 {
		return true
	}
	if len(b) < 3 || b[0] != '%' || !wire.IsHex(b[1]) || !wire.IsHex(b[2]) {
		return false
	}
	next := wire.HexValue(b[1])<<4 | wire.HexValue(b[2])
	switch c {
	case 0xe0:
		return 0x80 <= next && next < 0xa0
	case 0xf0:
		return 0x80 <= next && next < 0x90
	case 0xf8:
		return 0x80 <= next && next < 0x88
	case 0xfc:
		return 0x80 <= next && next < 0x84
	}
	return false
}

// appendPath appends the normal form of a path that surveyPath found without
// fault (RFC 3986 section 6.2.2).
func appendPath(dst, path []byte) []byte {
	start := len(dst)
	for i := 0; i < len(path); i++ {
		if path[i] != '%' {
			dst = append(dst, path[i])
			continue
		}
		if c := wire.HexValue(path[i+1])<<4 | wire.HexValue(path[i+2]); unreserved(c) {
			dst = append(dst, c)
		} else {
			dst = append(dst, '%', upper(path[i+1]), upper(path[i+2]))
		}
		i += 2
	}
	if len(dst) == start {
		return append(dst, '/')
	}
	return dst[:start+removeDots(dst[start:])]
}

// AppendUnescaped appends a path in its normal form with those bytes unescaped that
// RFC 3986 section 3.3 lets stand in a path as they are, but for "*".
func AppendUnescaped(dst, path []byte) []byte {
	for i := 0; i < len(path); i++ {
		c := path[i]
		if c == '%' && i+2 < len(path) {
			if d := wire.HexValue(path[i+1])<<4 | wire.HexValue(path[i+2]); (pathClass[d] == pathPlain || pathClass[d] == pathSemicolon) && d != '*' {
				c = d
				i += 2
			}
		}
		dst = append(dst, c)
	}
	return dst
}

// removeDots removes the dot segments of a path in place and returns its new
// length (RFC 3986 section 5.2.4).
func removeDots(path []byte) int {
	out := path[:0]
	for i := 0; i < len(path); {
		end := len(path)
		if n := bytes.IndexByte(path[i+1:], '/'); n >= 0 {
			end = i + 1 + n
		}
		switch seg := path[i+1 : end]; {
		case string(seg) == ".":
		case string(seg) == "..":
			out = out[:max(bytes.LastIndexByte(out, '/'), 0)]
		default:
			out = append(out, path[i:end]...)
			i = end
			continue
		}
		if end == len(path) {
			out = append(out, '/')
		}
		i = end
	}
	return len(out)
}

// upper returns a hexadecimal digit as a capital.
func upper(c byte) byte {
	if c >= 'a' {
		return c &^ 0x20
	}
	return c
}
