package semantics

import (
	"strings"
	"testing"

	"brink/edge/message"
	"brink/edge/wire"
	"brink/store"
)

// parseLines makes fields of "Name: value" lines.
func parseLines(lines ...string) *wire.Fields {
	f := new(wire.Fields)
	for _, l := range lines {
		name, value, _ := strings.Cut(l, ":")
		f.Append([]byte(name), []byte(strings.TrimSpace(value)))
	}
	return f
}

// requestOf makes a request of a method and field lines.
func requestOf(m message.Method, lines ...string) *message.Request {
	r := &message.Request{Method: m, Protocol: message.HTTP11}
	r.URL.Scheme, r.URL.Host = "http", []byte("a.test")
	r.Fields = *parseLines(lines...)
	return r
}

// stored makes an object with the fields as given: none is added or dropped.
func stored(status int, body string, lines ...string) *store.Object {
	o := &store.Object{Length: int64(len(body))}
	o.Head.Begin(status)
	for _, x := range parseLines(lines...).List {
		placeField(&o.Head, &x, new(HeadOptions))
	}
	for len(body) > 0 { // several runs, so that spans cross them
		n := min(3, len(body))
		o.Body = append(o.Body, []byte(body[:n]))
		body = body[n:]
	}
	return o
}

// storedPart makes an object that holds body, from first on, of whole bytes.
func storedPart(first, whole int64, body string, lines ...string) *store.Object {
	o := stored(206, body, lines...)
	o.Partial = &store.Partial{First: first, Whole: whole}
	return o
}

func joined(runs [][]byte) string {
	var b strings.Builder
	for _, r := range runs {
		b.Write(r)
	}
	return b.String()
}

// linesOf is the rendered head, one line after another, "|" between them.
func linesOf(h *wire.Head) string {
	return strings.TrimSuffix(strings.ReplaceAll(string(h.Block), "\r\n", "|"), "|")
}

// listOf is the fields in the same form.
func listOf(f *wire.Fields) string {
	var b []string
	for _, x := range f.List {
		b = append(b, string(x.Name)+": "+string(x.Value))
	}
	return strings.Join(b, "|")
}

// checkLines verifies that the offsets of h describe its block.
func checkLines(t *testing.T, h *wire.Head) {
	t.Helper()
	status, _, _ := strings.Cut(string(h.Block), "\r\n")
	text := status + "\r\n"
	for _, l := range h.Lines {
		text += string(l.Name(h.Block)) + ": " + string(l.Value(h.Block)) + "\r\n"
	}
	if text != string(h.Block) {
		t.Errorf("lines describe %q, block is %q", text, h.Block)
	}
}
