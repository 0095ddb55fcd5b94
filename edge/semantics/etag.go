package semantics

import (
	"bytes"

	"brink/edge/wire"
)

// StrongMatch reports whether two entity tags are equal and neither is weak
// (RFC 9110 section 8.8.3.2). What is not in quotes is no entity tag and
// matches nothing.
func StrongMatch(a, b []byte) bool { return etagStrong(a) && bytes.Equal(a, b) }

// weakMatch reports whether two entity tags have equal opaque parts, weak or
// not (RFC 9110 section 8.8.3.2). Origins that forget the quotes are common, so
// bytes that are no entity tag match where they are equal.
func weakMatch(a, b []byte) bool {
	a, b = etagOpaque(a), etagOpaque(b)
	return len(a) > 0 && bytes.Equal(a, b)
}

// noneMatchLists reports whether the If-None-Match lines of f name etag,
// comparing weakly (RFC 9110 section 13.1.2); "*" names every one, also an
// absent etag.
func noneMatchLists(f *wire.Fields, etag []byte) bool {
	for i := f.First(wire.IfNoneMatch); i >= 0; i = f.Next(i) {
		rest := f.List[i].Value
		if len(rest) == 1 && rest[0] == '*' {
			return true
		}
		for len(rest) > 0 {
			var tag []byte
			if tag, rest = nextETag(rest); weakMatch(tag, etag) {
				return true
			}
		}
	}
	return false
}

// nextETag cuts the first element off a list of entity tags. A comma inside
// the quotes is part of the tag. The element is empty where there is none.
func nextETag(list []byte) (tag, rest []byte) {
	list = skipBlank(list)
	end := etagQuoted(list)
	n := bytes.IndexByte(list[end:], ',')
	if n < 0 {
		return wire.Trim(list), nil
	}
	return wire.Trim(list[:end+n]), list[end+n+1:]
}

// etagQuoted returns the length of the entity tag that b begins with, 0 if b
// does not begin with one.
func etagQuoted(b []byte) int {
	opaque := etagOpaque(b)
	if len(opaque) == 0 || opaque[0] != '"' {
		return 0
	}
	end := bytes.IndexByte(opaque[1:], '"')
	if end < 0 {
		return 0
	}
	return len(b) - len(opaque) + end + 2
}

// etagOpaque is t without the mark of weakness.
func etagOpaque(t []byte) []byte {
	if len(t) >= 2 && t[0] == 'W' && t[1] == '/' {
		return t[2:]
	}
	return t
}

// etagStrong reports whether t is an entity tag that is not weak.
func etagStrong(t []byte) bool {
	return len(t) >= 2 && t[0] == '"' && etagQuoted(t) == len(t)
}

// sameButCoding reports whether two entity tags differ only by what a server adds
// that compresses the response of another: it weakens the tag, as nginx does, or
// appends the coding, as Apache ("abc-gzip", "abc;gzip") and Jetty
// ("abc--gzip") do. Missing quotes do not matter.
func sameButCoding(a, b []byte) bool { return bytes.Equal(etagStem(a), etagStem(b)) }

// codingMarks are what servers append to an entity tag, behind "-", "--" or ";".
var codingMarks = [...]string{"gzip", "br", "zstd", "deflate", "df", "gz"}

// etagStem returns t without W/, quotes and coding.
func etagStem(t []byte) []byte {
	t = bytes.ReplaceAll(etagOpaque(t), []byte{'"'}, nil)
	for _, mark := range codingMarks {
		stem, ok := bytes.CutSuffix(t, []byte(mark))
		if !ok {
			continue
		}
		for _, joint := range [...]string{"--", "-", ";"} {
			if stem, ok := bytes.CutSuffix(stem, []byte(joint)); ok && len(stem) > 0 {
				return stem
			}
		}
	}
	return t
}
