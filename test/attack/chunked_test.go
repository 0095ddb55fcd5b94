package attack

import (
	"strings"
	"testing"
)

// Rows of the chunked coding (RFC 9112 section 7.1), each behind this head.
const chunkedHead = "POST /c/$ID HTTP/1.1\r\n$HTransfer-Encoding: chunked\r\n\r\n"

func TestChunked(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	for _, table := range [][]refusal{chunkSizes, chunkExtensions, chunkEnds} {
		for _, r := range table {
			t.Run(r.name, func(t *testing.T) {
				t.Parallel()
				w.refuses(t, chunkedHead+r.input, r.want)
				// The same behind a chunk that is as it should be.
				w.refuses(t, chunkedHead+"3\r\nabc\r\n"+r.input, r.want)
			})
		}
	}
	w.dropsTrailers(t)
	w.dropsExtensions(t)
	w.replaysAlike(t)
}

var chunkSizes = []refusal{
	{"A08/0x", "0x5\r\nhello\r\n0\r\n\r\n", 400},
	{"A08/plus", "+5\r\nhello\r\n0\r\n\r\n", 400},
	{"A08/minus", "-1\r\nhello\r\n0\r\n\r\n", 400},
	{"A08/minus zero", "-0\r\n\r\n", 400},
	{"A08/space before", " 5\r\nhello\r\n0\r\n\r\n", 400},
	{"A08/tab before", "\t5\r\nhello\r\n0\r\n\r\n", 400},
	{"A08/space behind", "5 \r\nhello\r\n0\r\n\r\n", 400},
	{"A08/tab behind", "5\t\r\nhello\r\n0\r\n\r\n", 400},
	{"A08/underscore", "1_0\r\nhellohellohello!\r\n0\r\n\r\n", 400},
	{"A08/none", "\r\nhello\r\n0\r\n\r\n", 400},
	{"A08/no digit", "g\r\nhello\r\n0\r\n\r\n", 400},
	{"A08/17 digits", "FFFFFFFFFFFFFFFF0\r\nhello\r\n0\r\n\r\n", 400},
	{"A08/2^64-1", "FFFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n", 400},
	{"A08/2^63", "8000000000000000\r\nhello\r\n0\r\n\r\n", 400},
	{"A08/2^64+5", "10000000000000005\r\nhello\r\n0\r\n\r\n", 400},
	{"A08/text", "1these-bytes\r\nhello\r\n0\r\n\r\n", 400},
	{"A08/zeros", strings.Repeat("0", 5000) + "5\r\nhello\r\n0\r\n\r\n", 400},
	{"A08/zeros only", strings.Repeat("0", 5000) + "\r\n\r\n", 400},
	{"A08/17 zeros", strings.Repeat("0", 16) + "5\r\nhello\r\n0\r\n\r\n", 400},
	{"A08/nul", "5\x00\r\nhello\r\n0\r\n\r\n", 400},
	{"A08/nul before", "\x005\r\nhello\r\n0\r\n\r\n", 400},
	{"A08/decimal", "5.0\r\nhello\r\n0\r\n\r\n", 400},
	{"A08/quoted", "\"5\"\r\nhello\r\n0\r\n\r\n", 400},
	{"A08/full width", "\uff15\r\nhello\r\n0\r\n\r\n", 400},
	{"A08/comma", "5,5\r\nhello\r\n0\r\n\r\n", 400},
	{"A08/two", "5 5\r\nhello\r\n0\r\n\r\n", 400},
}

// RFC 9112 section 7.1.1: an extension ends where its line does.
var chunkExtensions = []refusal{
	{"A09/line feed", "5;\nhello\r\n0\r\n\r\n", 400},
	{"A09/line feed before", "5\n;x\r\nhello\r\n0\r\n\r\n", 400},
	{"A09/line feed inside", "5;a\nxx\r\nhello\r\n0\r\n\r\n", 400},
	{"A09/line feed behind value", "5;a=b\nhello\r\n0\r\n\r\n", 400},
	{"A09/return before", "5\r;a\r\nhello\r\n0\r\n\r\n", 400},
	{"A09/return inside", "5;a\rb\r\nhello\r\n0\r\n\r\n", 400},
	{"A09/two returns", "2\r\r;a\r\n02\r\n41\r\n0\r\n\r\n", 400},
	{"A09/two returns, line feed", "5\r\r\nhello\r\n0\r\n\r\n", 400},
	{"A09/nul", "5;\x00a\r\nhello\r\n0\r\n\r\n", 400},
	{"A09/bracket", "5;bad[=x\r\nhello\r\n0\r\n\r\n", 400},
	{"A09/empty", "5;\r\nhello\r\n0\r\n\r\n", 400},
	{"A09/empty second", "5;a;\r\nhello\r\n0\r\n\r\n", 400},
	{"A09/empty value", "5;a=\r\nhello\r\n0\r\n\r\n", 400},
	{"A09/value only", "5;=b\r\nhello\r\n0\r\n\r\n", 400},
	{"A09/line end in quotes", "5;a=\"\r\n0\r\n\r\n\"\r\nhello\r\n0\r\n\r\n", 400},
	{"A09/line feed in quotes", "5;a=\"\n\"\r\nhello\r\n0\r\n\r\n", 400},
	{"A09/line end escaped", "5;a=\"\\\r\n\"\r\nhello\r\n0\r\n\r\n", 400},
	{"A09/quotes not closed", "5;a=\"b\r\nhello\r\n0\r\n\r\n", 400},
	{"A09/text behind quotes", "5;a=\"b\"c\r\nhello\r\n0\r\n\r\n", 400},
	{"A09/64 KiB", "5;a=" + strings.Repeat("b", 64<<10) + "\r\nhello\r\n0\r\n\r\n", 400},
	{"A09/over 4 KiB", "5;" + strings.Repeat("b", 4<<10) + "\r\nhello\r\n0\r\n\r\n", 400},
	{"A09/in the last chunk", "0;a=" + strings.Repeat("b", 4<<10) + "\r\n\r\n", 400},
	{"A09/ratio bomb", strings.Repeat("1;"+strings.Repeat("b", 4000)+"\r\nx\r\n", 10) + "0\r\n\r\n", 400},
	{"A09/small ratio bomb", strings.Repeat("1;bcd\r\nx\r\n", 10000) + "0\r\n\r\n", 400},
}

// Bytes in the place where the data of a chunk must end.
var chunkEnds = []refusal{
	{"A10/line feed", "5\r\nhello\n0\r\n\r\n", 400},
	{"A10/text", "5\r\nhelloXX0\r\n\r\n", 400},
	{"A10/spill", "5\r\nhello!!\r\n0\r\n\r\n", 400},
	{"A10/nothing", "5\r\nhello0\r\n\r\n", 400},
	{"A10/return", "5\r\nhello\r0\r\n\r\n", 400},
	{"A10/return and text", "5\r\nhello\rX0\r\n\r\n", 400},
	{"A10/two line ends", "5\r\nhello\r\n\r\n0\r\n\r\n", 400},
	{"A10/short", "6\r\nhello\r\n0\r\n\r\n", 400},
	{"A10/last line feed", "0\r\n\n", 400},
	{"A10/last size line feed", "0\n\r\n", 400},
	{"A10/all line feeds", "5\nhello\n0\n\n", 400},
	{"A10/request in the trailers", "0\r\nGET /smuggled$ID HTTP/1.1\r\nHost: a.test\r\n\r\n", 400},
	{"A10/trailer line feed", "0\r\nX: y\n\r\n", 400},
	{"A10/trailer folded", "0\r\nX: y\r\n z\r\n\r\n", 400},
	{"A10/trailer space", "0\r\nX : y\r\n\r\n", 400},
	{"A10/trailer nul", "0\r\nX: \x00\r\n\r\n", 400},
	{"A10/trailer without colon", "0\r\nX\r\n\r\n", 400},
	{"A10/trailers too large", "0\r\n" + strings.Repeat("X: "+strings.Repeat("y", 1000)+"\r\n", 30) + "\r\n", 400},
	{"A10/trailers too many", "0\r\n" + strings.Repeat("X: y\r\n", 100) + "\r\n", 431},
}

// dropsTrailers checks that trailer fields that frame, route, authenticate or
// control go nowhere (RFC 9110 section 6.5.1).
func (w *world) dropsTrailers(t *testing.T) {
	for _, line := range []string{
		"Content-Length: 50", "Transfer-Encoding: chunked", "Host: evil.test", "Authorization: Basic eDp5", "Set-Cookie: a=b",
		"Cookie: a=b", "Cache-Control: public, max-age=9", "X-Forwarded-For: 1.2.3.4", "X-Forwarded-Host: evil.test", "Connection: close",
		"Content-Encoding: gzip", "Content-Type: text/html", "Content-Range: bytes 0-1/2", "Trailer: X", "TE: gzip", "Expect: 100-continue",
		"Range: bytes=0-0", "If-None-Match: \"x\"", "Upgrade: h2c", "CDN-Loop: x", "Via: 1.1 x", "Forwarded: for=1.2.3.4", "X-Original-URL: /evil",
		"X-HTTP-Method-Override: DELETE", "Surrogate-Key: a", "Location: /evil", "Age: 1", "Proxy-Authorization: x",
	} {
		t.Run("A11/"+line, func(t *testing.T) {
			t.Parallel()
			name, _, _ := strings.Cut(line, ":")
			answers, got := w.accepts(t, chunkedHead+"5\r\nhello\r\n0\r\n"+line+"\r\nX-Free: yes\r\n\r\n", 200)
			if len(got) != 1 || got[0].body != "hello" {
				t.Fatalf("the origin got %+v", got)
			}
			if got[0].trailers.all(name) != nil || got[0].trailers.get("X-Free") != "yes" {
				t.Errorf("the origin got the trailers %q", got[0].trailers)
			}
			for _, value := range got[0].fields.all(name) {
				if strings.HasSuffix(line, ": "+value) && name != "Transfer-Encoding" {
					t.Errorf("the trailer %q is among the origin's fields", line)
				}
			}
			if answers[0].fields.get(name) != "" && strings.Contains(line, answers[0].fields.get(name)) {
				t.Errorf("the trailer %q is in the answer", line)
			}
		})
	}
}

// dropsExtensions checks that what is allowed of extensions is not passed on:
// the origin's parser takes none.
func (w *world) dropsExtensions(t *testing.T) {
	for _, r := range []struct{ name, input, body string }{
		{"A09/name", "5;a\r\nhello\r\n0\r\n\r\n", "hello"},
		{"A09/value", "5;a=b\r\nhello\r\n0;c=d\r\n\r\n", "hello"},
		{"A09/quoted", "5;a=\"0\"\r\nhello\r\n0\r\n\r\n", "hello"},
		{"A09/escaped quote", "5;a=\"\\\"\"\r\nhello\r\n0\r\n\r\n", "hello"},
		{"A09/several", "2;a=b;c\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", "hello"},
		{"A08/leading zeros", "0005\r\nhello\r\n000\r\n\r\n", "hello"},
		{"A08/both cases", "a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n", "01234567890123456789"},
		{"A10/data like framing", "9\r\n0\r\n\r\n0\r\n\r\r\n0\r\n\r\n", "0\r\n\r\n0\r\n\r"},
	} {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			_, got := w.accepts(t, chunkedHead+r.input, 200)
			if len(got) != 1 || got[0].body != r.body || got[0].framing != "length" {
				t.Errorf("the origin got %+v", got)
			}
		})
	}
}
