package attack

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// field is one field line as it stood on the wire.
type field struct{ name, value string }

type fields []field

// all returns the values of the lines called name.
func (f fields) all(name string) (values []string) {
	for _, x := range f {
		if strings.EqualFold(x.name, name) {
			values = append(values, x.value)
		}
	}
	return values
}

func (f fields) get(name string) string { return strings.Join(f.all(name), ", ") }

// message is a request or a response as it was parsed.
type message struct {
	start    string // the first line, without CRLF
	fields   fields
	framing  string // "none", "length", "chunked" or "close"
	length   int    // of the body
	body     string // what of it is kept
	trailers fields
}

// malformed is the error for bytes that are not HTTP/1.1 by the letter.
type malformed string

func (m malformed) Error() string { return string(m) }

// source is the receiving side of a connection, read by a strict grammar: no
// bare LF, no folding, no chunk extensions, one way to say how long a body is.
// io.EOF comes only where a message could begin.
type source struct {
	r    *bufio.Reader
	keep int              // bytes of a body that are kept
	raw  *strings.Builder // what was used up, if it is wanted
}

func newSource(r io.Reader) *source { return &source{r: bufio.NewReaderSize(r, 16<<10), keep: 1 << 20} }

func (s *source) note(text string) {
	if s.raw != nil {
		s.raw.WriteString(text)
	}
}

// line reads one line and returns it without CRLF.
func (s *source) line() (string, error) {
	text, err := s.r.ReadString('\n')
	s.note(text)
	if err == io.EOF && text != "" {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return text, err
	}
	body, ok := strings.CutSuffix(text, "\r\n")
	if !ok || strings.ContainsAny(body, "\r\x00") {
		return "", malformed(fmt.Sprintf("line %.80q", text))
	}
	return body, nil
}

// bytes reads n bytes, and returns the first ones, up to its limit.
func (s *source) bytes(n int) (string, error) {
	kept := make([]byte, min(n, s.keep))
	got, err := io.ReadFull(s.r, kept)
	s.note(string(kept[:got]))
	if err == nil && n > len(kept) {
		var rest int64
		rest, err = io.CopyN(io.Discard, s.r, int64(n-len(kept)))
		got += int(rest)
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return string(kept[:min(got, len(kept))]), err
}

// head reads the first line and the fields.
func (s *source) head() (m message, err error) {
	if m.start, err = s.line(); err != nil {
		return m, err
	}
	m.fields, err = s.fieldLines()
	return m, err
}

// fieldLines reads up to an empty line.
func (s *source) fieldLines() (list fields, err error) {
	for {
		text, err := s.line()
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		if err != nil || text == "" {
			return list, err
		}
		name, value, ok := strings.Cut(text, ":")
		if !ok || !isToken(name) || !isValue(value) {
			return list, malformed(fmt.Sprintf("field line %.80q", text))
		}
		list = append(list, field{name, strings.Trim(value, " \t")})
	}
}

// content reads the body of m. The fields must say clearly where the body ends.
func (s *source) content(m *message, isRequest bool) (err error) {
	codings, lengths := m.fields.all("Transfer-Encoding"), m.fields.all("Content-Length")
	switch {
	case len(codings) > 0 && len(lengths) > 0, len(codings) > 1, len(lengths) > 1:
		return malformed(fmt.Sprintf("framing %q and %q", codings, lengths))
	case len(codings) == 1:
		if codings[0] != "chunked" {
			return malformed(fmt.Sprintf("coding %q", codings[0]))
		}
		m.framing = "chunked"
		return s.chunks(m)
	case len(lengths) == 1:
		n, err := strconv.ParseUint(lengths[0], 10, 62)
		if err != nil || strconv.FormatUint(n, 10) != lengths[0] {
			return malformed(fmt.Sprintf("length %q", lengths[0]))
		}
		m.framing, m.length = "length", int(n)
		m.body, err = s.bytes(int(n))
		return err
	case isRequest:
		m.framing = "none"
		return nil
	}
	m.framing = "close"
	return s.toEnd(m)
}

func (s *source) toEnd(m *message) error {
	var kept strings.Builder
	n, err := io.Copy(&kept, s.r)
	m.length, m.body = int(n), kept.String()
	return err
}

// chunks reads a body in the chunked coding, and its trailers.
func (s *source) chunks(m *message) error {
	var kept strings.Builder
	defer func() { m.body = kept.String() }()
	for {
		text, err := s.line()
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return err
		}
		n, err := strconv.ParseUint(text, 16, 31)
		if err != nil || strings.ContainsAny(text, "+-_") {
			return malformed(fmt.Sprintf("chunk line %.80q", text))
		}
		if n == 0 {
			m.trailers, err = s.fieldLines()
			return err
		}
		data, err := s.bytes(int(n))
		m.length += len(data)
		kept.WriteString(data)
		if err != nil {
			return err
		}
		if end, err := s.line(); err != nil || end != "" {
			if err == nil {
				err = malformed(fmt.Sprintf("%.80q where a chunk ends", end))
			}
			return err
		}
	}
}

// isToken is RFC 9110 section 5.6.2.
func isToken(s string) bool {
	for i := range len(s) {
		if !isTokenByte(s[i]) {
			return false
		}
	}
	return s != ""
}

func isTokenByte(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	return strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0
}

// isValue is RFC 9110 section 5.5, with the blanks around it.
func isValue(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}
