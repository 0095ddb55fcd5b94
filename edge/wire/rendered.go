package wire

import "bytes"

// Head is a response's status line and fields, rendered once so that a hit
// copies bytes instead of building them.
//
// Block holds what every client gets: the status line ("HTTP/1.1 200 OK") and
// then one line "Name: value" a field, each ended by CRLF, without the empty
// line at the end. It never holds Age, Content-Length, Connection or another
// hop-by-hop field: those are made per reply. Hidden holds, in the same form
// and without a status line, fields that decide about storing but are not for
// clients (Surrogate-Control and the like).
type Head struct {
	Status      int
	Block       []byte
	Lines       []Line // of the fields in Block, in order
	Hidden      []byte
	HiddenLines []Line // of the fields in Hidden, as offsets into Hidden
}

// Line is where a field line stands in a block: the name is
// block[Start:Colon], the value block[Colon+2:End], and the line's CRLF
// follows End. Offsets hold no pointers, so the collector skips them.
type Line struct{ Start, Colon, End uint32 }

// Name returns the field name of l, aliasing block.
func (l Line) Name(block []byte) []byte { return block[l.Start:l.Colon] }

// Value returns the field value of l, aliasing block.
func (l Line) Value(block []byte) []byte { return block[l.Colon+2 : l.End] }

// Begin sets the status, from 100 to 999, and forgets all fields.
func (h *Head) Begin(status int) {
	h.Status = status
	h.Block = append(append(h.Block[:0], StatusLine(status)...), crlf...)
	h.Lines = h.Lines[:0]
	h.Hidden = h.Hidden[:0]
	h.HiddenLines = h.HiddenLines[:0]
}

// Add appends a field that clients get. The caller has checked that name is a
// token and value free of CR, LF and NUL.
func (h *Head) Add(name, value []byte) {
	h.Block, h.Lines = appendLine(h.Block, h.Lines, name, value)
}

// AddString is Add for strings.
func (h *Head) AddString(name, value string) {
	h.Block, h.Lines = appendLine(h.Block, h.Lines, name, value)
}

// Hide appends a field that clients do not get.
func (h *Head) Hide(name, value []byte) {
	h.Hidden, h.HiddenLines = appendLine(h.Hidden, h.HiddenLines, name, value)
}

// Index finds the lines of Block and Hidden, which stand there already, and
// reports whether they are such.
func (h *Head) Index() bool {
	status := bytes.Index(h.Block, []byte(crlf))
	if status < 0 {
		return false
	}
	var ok, hidden bool
	h.Lines, ok = indexLines(h.Block, status+len(crlf))
	h.HiddenLines, hidden = indexLines(h.Hidden, 0)
	return ok && hidden
}

func indexLines(block []byte, at int) (lines []Line, ok bool) {
	for at < len(block) {
		n := bytes.Index(block[at:], []byte(crlf))
		colon := bytes.Index(block[at:], []byte(": "))
		if colon < 0 || colon > n {
			return nil, false
		}
		lines = append(lines, Line{Start: uint32(at), Colon: uint32(at + colon), End: uint32(at + n)})
		at += n + len(crlf)
	}
	return lines, true
}

func appendLine[B ~[]byte | ~string](block []byte, lines []Line, name, value B) ([]byte, []Line) {
	l := Line{Start: uint32(len(block))}
	block = append(block, name...)
	l.Colon = uint32(len(block))
	block = append(block, ": "...)
	block = append(block, value...)
	l.End = uint32(len(block))
	return append(block, crlf...), append(lines, l)
}

// Get returns the value of the first field called name among those that
// clients get, aliasing Block, or nil. It compares names without case.
func (h *Head) Get(name string) []byte {
	for _, l := range h.Lines {
		if EqualFold(l.Name(h.Block), name) {
			return l.Value(h.Block)
		}
	}
	return nil
}

// FieldLines returns the field lines of Block, without the status line.
func (h *Head) FieldLines() []byte { return h.Block[len(StatusLine(h.Status))+len(crlf):] }

// Size is the memory that h holds, in bytes.
func (h *Head) Size() int {
	return cap(h.Block) + cap(h.Hidden) + 12*(cap(h.Lines)+cap(h.HiddenLines))
}
