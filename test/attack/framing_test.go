package attack

import (
	"strings"
	"testing"
)

// refusal is an input that must be answered with a status by the node itself,
// and end the connection.
type refusal struct {
	name, input string
	want        int
}

func (w *world) refusesAll(t *testing.T, list []refusal) {
	for _, r := range list {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			w.refuses(t, r.input, r.want)
		})
	}
}

func TestFraming(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	w.refusesAll(t, bothLengths)
	w.refusesAll(t, badLengths)
	w.refusesAll(t, zeroLengths)
	w.refusesAll(t, oldCodings)
	w.replaysAlike(t)
}

// RFC 9112 section 6.1: Transfer-Encoding next to Content-Length.
var bothLengths = []refusal{
	{"A01/cl.te", "POST /c/$ID HTTP/1.1\r\n$HContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG", 400},
	{"A01/te.cl order", "POST /c/$ID HTTP/1.1\r\n$HTransfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n0\r\n\r\nG", 400},
	{"A01/get", "GET /c/$ID HTTP/1.1\r\n$HContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG", 400},
	{"A01/prefix of a request", "POST /c/$ID HTTP/1.1\r\n$HContent-Length: 48\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled$ID HTTP/1.1\r\nHost: a.test\r\nX: y", 400},
	{"A02/te.cl", "POST /c/$ID HTTP/1.1\r\n$HContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n5c\r\nGPOST /smuggled$ID HTTP/1.1\r\nContent-Length: 15\r\n\r\nx=1\r\n0\r\n\r\n", 400},
	{"A02/zero length", "POST /c/$ID HTTP/1.1\r\n$HContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
}

// RFC 9112 section 6.1: Transfer-Encoding is for HTTP/1.1 only.
var oldCodings = []refusal{
	{"A19/keep-alive", "POST /c/$ID HTTP/1.0\r\n$HConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled$ID HTTP/1.1\r\nHost: a.test\r\n\r\n", 400},
	{"A19/close", "POST /c/$ID HTTP/1.0\r\n$HTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
	{"A19/with length", "POST /c/$ID HTTP/1.0\r\n$HConnection: keep-alive\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
	{"A19/identity", "GET /c/$ID HTTP/1.0\r\n$HConnection: keep-alive\r\nTransfer-Encoding: identity\r\n\r\n", 400},
}

// RFC 9110 section 8.6: 1*DIGIT, once.
var badLengths = []refusal{
	{"A07/list", "POST /c/$ID HTTP/1.1\r\n$HContent-Length: 5, 10\r\n\r\nhello", 400},
	{"A07/list of equals", "POST /c/$ID HTTP/1.1\r\n$HContent-Length: 5, 5\r\n\r\nhello", 400},
	{"A07/plus", "POST /c/$ID HTTP/1.1\r\n$HContent-Length: +5\r\n\r\nhello", 400},
	{"A07/minus", "POST /c/$ID HTTP/1.1\r\n$HContent-Length: -5\r\n\r\nhello", 400},
	{"A07/minus zero", "POST /c/$ID HTTP/1.1\r\n$HContent-Length: -0\r\n\r\n", 400},
	{"A07/hex", "POST /c/$ID HTTP/1.1\r\n$HContent-Length: 0x5\r\n\r\nhello", 400},
	{"A07/octal", "POST /c/$ID HTTP/1.1\r\n$HContent-Length: 0o5\r\n\r\nhello", 400},
	{"A07/underscore", "POST /c/$ID HTTP/1.1\r\n$HContent-Length: 1_0\r\n\r\nhellohello", 400},
	{"A07/space", "POST /c/$ID HTTP/1.1\r\n$HContent-Length: 5 5\r\n\r\nhello", 400},
	{"A07/empty", "POST /c/$ID HTTP/1.1\r\n$HContent-Length: \r\n\r\nhello", 400},
	{"A07/no value", "POST /c/$ID HTTP/1.1\r\n$HContent-Length:\r\n\r\nhello", 400},
	{"A07/nul", "POST /c/$ID HTTP/1.1\r\n$HContent-Length: 5\x00\r\n\r\nhello", 400},
	{"A07/vertical tab", "POST /c/$ID HTTP/1.1\r\n$HContent-Length: \x0b5\r\n\r\nhello", 400},
	{"A07/no-break space", "POST /c/$ID HTTP/1.1\r\n$HContent-Length: \xa05\r\n\r\nhello", 400},
	{"A07/full width", "POST /c/$ID HTTP/1.1\r\n$HContent-Length: \uff15\r\n\r\nhello", 400},
	{"A07/quoted", "POST /c/$ID HTTP/1.1\r\n$HContent-Length: \"5\"\r\n\r\nhello", 400},
	{"A07/fraction", "POST /c/$ID HTTP/1.1\r\n$HContent-Length: 5.0\r\n\r\nhello", 400},
	{"A07/exponent", "POST /c/$ID HTTP/1.1\r\n$HContent-Length: 5e0\r\n\r\nhello", 400},
	{"A07/comma first", "POST /c/$ID HTTP/1.1\r\n$HContent-Length: ,5\r\n\r\nhello", 400},
	{"A07/comma last", "POST /c/$ID HTTP/1.1\r\n$HContent-Length: 5,\r\n\r\nhello", 400},
	{"A07/semicolon", "POST /c/$ID HTTP/1.1\r\n$HContent-Length: 5;5\r\n\r\nhello", 400},
	{"A07/20 digits", "POST /c/$ID HTTP/1.1\r\n$HContent-Length: 99999999999999999999\r\n\r\nhello", 400},
	{"A07/2^64+5", "POST /c/$ID HTTP/1.1\r\n$HContent-Length: 18446744073709551621\r\n\r\nhello", 400},
	{"A07/2^63", "POST /c/$ID HTTP/1.1\r\n$HContent-Length: 9223372036854775808\r\n\r\nhello", 400},
	{"A07/zeros", "POST /c/$ID HTTP/1.1\r\n$HContent-Length: 00000000000000000005\r\n\r\nhello", 400},
	{"A07/twice", "POST /c/$ID HTTP/1.1\r\n$HContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello", 400},
	{"A07/two", "POST /c/$ID HTTP/1.1\r\n$HContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", 400},
	{"A07/two, far apart", "POST /c/$ID HTTP/1.1\r\nContent-Length: 0\r\n$HX: y\r\ncontent-length: 5\r\n\r\nhello", 400},
	{"A07/folded", "POST /c/$ID HTTP/1.1\r\n$HContent-Length:\r\n 5\r\n\r\nhello", 400},
	{"A07/folded second", "POST /c/$ID HTTP/1.1\r\n$HContent-Length: 5\r\n 0\r\n\r\nhello", 400},
}

// RFC 9112 section 5.1: a length that one side sees and the other does not.
var zeroLengths = []refusal{
	{"A06/space before colon", "POST /c/$ID HTTP/1.1\r\n$HContent-Length : 23\r\n\r\n", 400},
	{"A06/tab before colon", "POST /c/$ID HTTP/1.1\r\n$HContent-Length\t: 23\r\n\r\n", 400},
	{"A06/line feed before colon", "POST /c/$ID HTTP/1.1\r\n$HContent-Length\n: 23\r\n\r\n", 400},
	{"A06/line end before colon", "POST /c/$ID HTTP/1.1\r\n$HContent-Length\r\n: 23\r\n\r\n", 400},
	{"A06/return before colon", "POST /c/$ID HTTP/1.1\r\n$HContent-Length\r: 23\r\n\r\n", 400},
	{"A06/form feed", "POST /c/$ID HTTP/1.1\r\n$H\x0cContent-Length: 23\r\n\r\n", 400},
	{"A06/space", "POST /c/$ID HTTP/1.1\r\n$H Content-Length: 23\r\n\r\n", 400},
	{"A06/first space", "POST /c/$ID HTTP/1.1\r\n Content-Length: 23\r\n$H\r\n", 400},
	{"A06/underscore", "POST /c/$ID HTTP/1.1\r\n$HContent_Length: 23\r\n\r\n", 400},
	{"A06/nul", "POST /c/$ID HTTP/1.1\r\n$HContent-Length\x00: 23\r\n\r\n", 400},
	{"A06/expect", "POST /c/$ID HTTP/1.1\r\n$HContent-Length : 23\r\nExpect: 100-continue\r\n\r\n", 400},
	{"A06/expect, form feed", "POST /c/$ID HTTP/1.1\r\n$H\x0cContent-Length: 23\r\nExpect: 100-continue\r\n\r\n", 400},
	{"A06/expect y", "POST /c/$ID HTTP/1.1\r\n$HContent-Length: 23\r\nExpect: y 100-continue\r\n\r\n", 417},
	{"A06/expect list", "POST /c/$ID HTTP/1.1\r\n$HContent-Length: 23\r\nExpect: 100-continue, y\r\n\r\n", 417},
	{"A06/expect twice", "POST /c/$ID HTTP/1.1\r\n$HContent-Length: 23\r\nExpect: 100-continue\r\nExpect: 100-continue\r\n\r\n", 417},
	{"A06/expect folded", "POST /c/$ID HTTP/1.1\r\n$HContent-Length: 23\r\nExpect:\r\n 100-continue\r\n\r\n", 400},
}

// RFC 9112 section 6.3: content is content, whatever it looks like.
func TestContent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	const get = "GET /smuggled$ID HTTP/1.1\r\nHost: a.test\r\n\r\n"
	for _, r := range []struct{ name, input, framing, body string }{
		{"A04/options", "OPTIONS /$ID HTTP/1.1\r\n$HTransfer-Encoding: chunked\r\n\r\n40\r\n" + pad(get, 64) + "\r\n0\r\n\r\n", "length", pad(get, 64)},
		{"A04/get", "GET /c/$ID HTTP/1.1\r\n$HTransfer-Encoding: chunked\r\n\r\n40\r\n" + pad(get, 64) + "\r\n0\r\n\r\n", "length", pad(get, 64)},
		{"A04/head", "HEAD /c/$ID HTTP/1.1\r\n$HTransfer-Encoding: chunked\r\n\r\n40\r\n" + pad(get, 64) + "\r\n0\r\n\r\n", "length", pad(get, 64)},
		{"A04/delete", "DELETE /$ID HTTP/1.1\r\n$HTransfer-Encoding: CHUNKED\r\n\r\n40\r\n" + pad(get, 64) + "\r\n0\r\n\r\n", "length", pad(get, 64)},
		{"A04/other method", "PROPFIND /$ID HTTP/1.1\r\n$HContent-Length: 64\r\n\r\n" + pad(get, 64), "length", pad(get, 64)},
		{"A04/post", "POST /$ID HTTP/1.1\r\n$HContent-Length: 64\r\n\r\n" + pad(get, 64), "length", pad(get, 64)},
		{"A04/options by length", "OPTIONS * HTTP/1.1\r\n$HX-Mark: $ID\r\nContent-Length: 64\r\n\r\n" + pad(get, 64), "length", pad(get, 64)},
		{"A24/get", "GET /c/$ID HTTP/1.1\r\n$HContent-Length: 64\r\n\r\n" + pad(get, 64), "length", pad(get, 64)},
		{"A24/get, empty", "GET /$ID HTTP/1.1\r\n$HContent-Length: 0\r\n\r\n", "none", ""},
		{"A24/post, no length", "POST /$ID HTTP/1.1\r\n$H\r\n", "length", ""},
		{"A24/post, last chunk only", "POST /$ID HTTP/1.1\r\n$HTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "length", ""},
	} {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			_, got := w.accepts(t, r.input, 200)
			if strings.HasPrefix(r.input, "OPTIONS *") {
				return // its target has no mark; the world's counts tell
			}
			if len(got) != 1 || got[0].framing != r.framing || got[0].body != input(r.body, marked(got[0].target)) {
				t.Fatalf("the origin got %+v", got)
			}
		})
	}
	w.replaysAlike(t)
}

// marksize is by how much a mark is longer than the $ID that it replaces.
const marksize = len("~0000001~") - len("$ID")

// size is the length of text once its marks are filled in.
func size(text string) int { return len(text) + marksize*strings.Count(text, "$ID") }

// pad fills text up to a size.
func pad(text string, n int) string { return text + strings.Repeat("x", n-size(text)) }
