package wire

import (
	"net/http"
	"strings"
	"testing"
)

// RFC 9112 sections 3, 5 and 7.1.
func TestAppend(t *testing.T) {
	var trailers Fields
	trailers.Append([]byte("A"), []byte("b"))
	for _, c := range []struct{ got, want string }{
		{string(AppendRequestLine(nil, []byte("GET"), []byte("/a?b"))), "GET /a?b HTTP/1.1\r\n"},
		{string(AppendField([]byte("x"), []byte("A"), []byte("b c"))), "xA: b c\r\n"},
		{string(AppendField(nil, []byte("A"), nil)), "A: \r\n"},
		{string(AppendChunkHead(nil, 26)), "1a\r\n"},
		{string(AppendChunkHead(nil, 1)), "1\r\n"},
		{string(AppendLastChunk(nil, nil)), "0\r\n\r\n"},
		{string(AppendLastChunk(nil, new(Fields))), "0\r\n\r\n"},
		{string(AppendLastChunk(nil, &trailers)), "0\r\nA: b\r\n\r\n"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}

// RFC 9110 section 15, and the registry as net/http knows it.
func TestStatusLine(t *testing.T) {
	newer := map[int]string{413: "Content Too Large", 414: "URI Too Long", 416: "Range Not Satisfiable", 422: "Unprocessable Content"}
	older := map[int]bool{418: true, 510: true} // reserved, obsoleted
	for status := 100; status < 1000; status++ {
		want := http.StatusText(status)
		if newer[status] != "" {
			want = newer[status]
		}
		if want == "" || older[status] {
			want = "Unknown"
		}
		if got := Reason(status); got != want {
			t.Errorf("%d: %q, want %q", status, got, want)
		}
		var r Response
		if fault := r.Parse([]byte(StatusLine(status)+"\r\n\r\n"), Limits{}, false); fault != None || r.Status != status {
			t.Errorf("%q: %v, status %d", StatusLine(status), fault, r.Status)
		}
		if strings.HasSuffix(StatusLine(status), " ") {
			t.Errorf("%q ends in a space", StatusLine(status))
		}
	}
}

func TestEmptyChunkPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("an empty chunk was written: it ends the content")
		}
	}()
	AppendChunkHead(nil, 0)
}
