package wire

import (
	"bytes"
	"iter"
	"math"
	"unsafe"
)

// Head is a response's status line and fields, rendered once so that a hit
// copies bytes instead of building them.
//
// Block holds what every client gets: the status line ("HTTP/1.1 200 OK") and
// then one line "Name: value" a field, each ended by CRLF, without the empty
// line at the end. It never holds Age, Content-Length, Connection or another
// hop-by-hop field: those are made per reply. Hidden holds, in the same form
// and without a status line, fields that decide about storing but are not for
// clients (Surrogate-Control and the like).
//
// HTTP/1 sends Block as it is. HTTP/2 and 3 send Status and Pairs, whose names
// are in lower case without work per reply.
type Head struct {
	Status      int
	Block       []byte
	Lines       []Line // of the fields in Block, in order
	Hidden      []byte
	HiddenLines []Line // of the fields in Hidden, as offsets into Hidden

	lower []byte // names of Lines in lower case, one behind the other: those that say so
}

// Line is where a field line stands in a block. The line's CRLF follows End.
// Offsets hold no pointers, so the collector skips them.
type Line struct {
	Start, End uint32
	size       uint16 // of the name
	ID         Name   // NameOf the name
	capitals   bool   // the name is not a known one and has capitals: Head.lower has it
}

// maxName is the longest field name of a Head, in bytes.
const maxName = math.MaxUint16

// Name returns the field name of l, aliasing block.
func (l Line) Name(block []byte) []byte { return block[l.Start : l.Start+uint32(l.size)] }

// Value returns the field value of l, aliasing block.
func (l Line) Value(block []byte) []byte {
	return block[l.Start+uint32(l.size)+uint32(len(": ")) : l.End]
}

// Begin sets the status, from 100 to 999, and forgets all fields.
func (h *Head) Begin(status int) {
	h.Status = status
	h.Block = append(append(h.Block[:0], StatusLine(status)...), crlf...)
	h.Lines = h.Lines[:0]
	h.Hidden = h.Hidden[:0]
	h.HiddenLines = h.HiddenLines[:0]
	h.lower = h.lower[:0]
}

// BeginFor is Begin with room for the fields of f, and for more lines of n bytes in
// all, so that h is one piece of memory of about its own size.
func (h *Head) BeginFor(status int, f *Fields, lines, n int) {
	n += len(StatusLine(status)) + len(crlf)
	lower := 0
	for i := range f.List {
		x := &f.List[i]
		n += len(x.Name) + len(": ") + len(x.Value) + len(crlf)
		if x.ID == Other && hasCapitals(x.Name) {
			lower += len(x.Name)
		}
	}
	if cap(h.Block) < n || cap(h.lower) < lower {
		room := make([]byte, n+lower)
		h.Block, h.lower = room[:0:n], room[n:n]
	}
	if lines += len(f.List); cap(h.Lines) < lines {
		h.Lines = make([]Line, 0, lines)
	}
	h.Begin(status)
}

// Add appends a field that clients get. The caller has checked that name is a
// token of at most maxName bytes, and value free of CR, LF and NUL.
func (h *Head) Add(name, value []byte) { h.add(NameOf(name), name, value) }

// AddField is Add for a field whose name is known.
func (h *Head) AddField(x *Field) { h.add(x.ID, x.Name, x.Value) }

// AddID is Add under the canonical spelling of id.
func (h *Head) AddID(id Name, value []byte) { h.add(id, id.Bytes(), value) }

// AddString is Add for strings.
func (h *Head) AddString(name, value string) {
	h.Add(unsafe.Slice(unsafe.StringData(name), len(name)), unsafe.Slice(unsafe.StringData(value), len(value)))
}

func (h *Head) add(id Name, name, value []byte) {
	var l Line
	h.Block, l = appendLine(h.Block, id, name, value)
	h.list(l)
}

// AddLine appends a copy of a line of src, which is another head.
func (h *Head) AddLine(src *Head, l Line) {
	start := uint32(len(h.Block))
	h.Block = append(h.Block, src.Block[l.Start:l.End+uint32(len(crlf))]...)
	l.Start, l.End = start, start+l.End-l.Start
	h.list(l)
}

// list notes a line of Block.
func (h *Head) list(l Line) {
	h.Lines = append(h.Lines, l)
	if l.capitals {
		h.lower = appendLower(h.lower, l.Name(h.Block))
	}
}

// Hide appends a field that clients do not get.
func (h *Head) Hide(x *Field) {
	var l Line
	h.Hidden, l = appendLine(h.Hidden, x.ID, x.Name, x.Value)
	h.HiddenLines = append(h.HiddenLines, l)
}

func appendLine(block []byte, id Name, name, value []byte) ([]byte, Line) {
	if len(name) > maxName {
		panic("BUG: a field name that is too long")
	}
	start := len(block)
	block = append(block, name...)
	block = append(block, ": "...)
	block = append(block, value...)
	end := len(block)
	return append(block, crlf...), lineAt(block, start, end, len(name), id)
}

// lineAt describes the line between start and end of block. size is that of its
// name.
func lineAt(block []byte, start, end, size int, id Name) Line {
	return Line{
		Start: uint32(start), End: uint32(end), size: uint16(size), ID: id,
		capitals: id == Other && hasCapitals(block[start:start+size]),
	}
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
	h.lower = nil
	size := 0
	for _, l := range h.Lines {
		if l.capitals {
			size += int(l.size)
		}
	}
	if size > 0 {
		h.lower = make([]byte, 0, size)
	}
	for _, l := range h.Lines {
		if l.capitals {
			h.lower = appendLower(h.lower, l.Name(h.Block))
		}
	}
	return ok && hidden
}

func indexLines(block []byte, at int) (lines []Line, ok bool) {
	if n := bytes.Count(block[at:], []byte(crlf)); n > 0 {
		lines = make([]Line, 0, n)
	}
	for at < len(block) {
		n := bytes.Index(block[at:], []byte(crlf))
		colon := bytes.Index(block[at:], []byte(": "))
		if colon < 0 || colon > n || colon > maxName {
			return nil, false
		}
		lines = append(lines, lineAt(block, at, at+n, colon, NameOf(block[at:at+colon])))
		at += n + len(crlf)
	}
	return lines, true
}

// Pairs yields the names and values of the fields that clients get, in order, with
// the names in lower case (RFC 9113 section 8.2.1). They alias memory of h or
// constants. It does not allocate.
func (h *Head) Pairs() iter.Seq2[[]byte, []byte] {
	return func(yield func(name, value []byte) bool) {
		lower := h.lower
		for _, l := range h.Lines {
			name := l.Name(h.Block)
			switch {
			case l.ID != Other:
				name = l.ID.LowerBytes()
			case l.capitals:
				name, lower = lower[:l.size:l.size], lower[l.size:]
			}
			if !yield(name, l.Value(h.Block)) {
				return
			}
		}
	}
}

// Get returns the value of the first field with this name among those that
// clients get, aliasing Block; nil: there is none. id must not be Other.
func (h *Head) Get(id Name) []byte {
	for _, l := range h.Lines {
		if l.ID == id {
			return l.Value(h.Block)
		}
	}
	return nil
}

// Lookup is Get for any name. It compares names without case.
func (h *Head) Lookup(name string) []byte {
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
	return cap(h.Block) + cap(h.Hidden) + cap(h.lower) + int(unsafe.Sizeof(Line{}))*(cap(h.Lines)+cap(h.HiddenLines))
}

func hasCapitals(b []byte) bool {
	for _, c := range b {
		if 'A' <= c && c <= 'Z' {
			return true
		}
	}
	return false
}

func appendLower(dst, b []byte) []byte {
	for _, c := range b {
		dst = append(dst, Lower(c))
	}
	return dst
}
