package semantics

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"strings"
	"testing"

	"brink/edge/wire"
	"brink/store"
)

// checkMultipart parses what RenderMultipart makes of spans of o, whose
// representation is text, and compares each part with the slice of text.
func checkMultipart(t *testing.T, o *store.Object, text string, spans []Span) {
	t.Helper()
	var head wire.Head
	before := []byte("used before")
	scratch, body, length := RenderMultipart(&head, &o.Head, before, o, spans, [][]byte{[]byte("first")})
	if string(scratch[:len(before)]) != "used before" || string(body[0]) != "first" {
		t.Fatal("what was in scratch or body before is gone")
	}
	content := joined(body[1:])
	if int64(len(content)) != length {
		t.Fatalf("length %d of %d bytes", length, len(content))
	}
	checkLines(t, &head)
	kind, params, err := mime.ParseMediaType(string(head.Get(wire.ContentType)))
	if err != nil || kind != "multipart/byteranges" || head.Status != 206 || head.Get(wire.ContentRange) != nil {
		t.Fatalf("head %s: %v", linesOf(&head), err)
	}
	parts := multipart.NewReader(strings.NewReader(content), params["boundary"])
	for _, s := range spans {
		part, err := parts.NextRawPart()
		if err != nil {
			t.Fatalf("%v: %v", spans, err)
		}
		got, err := io.ReadAll(part)
		if err != nil || string(got) != text[s.First:s.end()] {
			t.Fatalf("part %v: %q, %v, want %q", s, got, err, text[s.First:s.end()])
		}
		if got, want := part.Header.Get("Content-Range"), fmt.Sprintf("bytes %d-%d/%d", s.First, s.end()-1, len(text)); got != want {
			t.Errorf("Content-Range %s, want %s", got, want)
		}
		if got, want := part.Header.Get("Content-Type"), string(o.Head.Get(wire.ContentType)); got != want {
			t.Errorf("Content-Type %q, want %q", got, want)
		}
	}
	if _, err := parts.NextRawPart(); err != io.EOF {
		t.Errorf("after the last part: %v", err)
	}
}

func TestRenderMultipart(t *testing.T) {
	const text = "0123456789"
	// RFC 9110 section 14.6.
	checkMultipart(t, stored(200, text, "Content-Type: text/plain; charset=utf-8", "Date: "+made), text, []Span{{0, 2}, {4, 3}, {9, 1}})
	checkMultipart(t, stored(200, text, "Date: "+made, "Content-Range: junk"), text, []Span{{8, 2}, {0, 4}})
	checkMultipart(t, storedPart(3, 10, text[3:9], "Content-Type: a/b", "Content-Range: bytes 3-8/10"), text, []Span{{3, 1}, {5, 4}})
}

func TestMultipartMemory(t *testing.T) {
	o := stored(200, "0123456789", "Content-Type: text/plain", "Date: "+made)
	var head wire.Head
	var scratch []byte
	var body [][]byte
	spans := []Span{{0, 2}, {4, 3}, {9, 1}}
	if n := testing.AllocsPerRun(10, func() {
		scratch, body, _ = RenderMultipart(&head, &o.Head, scratch[:0], o, spans, body[:0])
	}); n != 0 {
		t.Errorf("%v allocations into used memory", n)
	}
	if part := body[1]; &part[0] != &o.Body[0][0] {
		t.Error("the stored body was copied")
	}
	first := bytes.Clone(head.Block)
	o.Lifetime.Born++ // another fetch
	RenderMultipart(&head, &o.Head, nil, o, spans, nil)
	if bytes.Equal(first, head.Block) {
		t.Error("the boundary can be foreseen from an earlier answer")
	}
}

func FuzzMultipart(f *testing.F) {
	f.Add("0123456789", "bytes=0-1,4-6,-1", uint8(0))
	f.Add("\r\n--\r\n\r\n--", "bytes=0-0,2-3,5-", uint8(2))
	f.Fuzz(func(t *testing.T, text, v string, skip uint8) {
		spans, result := parseRange([]byte(v), int64(len(text)), nil)
		if result != RangeSome {
			return
		}
		first := min(int64(skip), spans[0].First)
		for _, s := range spans {
			first = min(first, s.First)
		}
		o := stored(200, text, "Content-Type: text/plain")
		if first > 0 {
			o = storedPart(first, int64(len(text)), text[first:], "Content-Type: text/plain")
		}
		checkMultipart(t, o, text, spans)
	})
}
