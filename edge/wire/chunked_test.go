package wire

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// decode feeds d pieces of in whose sizes cut gives, and shows what came out:
// the content, the trailers and what was left, or the fault, or "more".
func decode(d *Decoder, in []byte, cut func() int) string {
	var content, rest []byte
	for !d.Done() {
		if len(rest) == 0 {
			if len(in) == 0 {
				return fmt.Sprintf("more after %q", content)
			}
			n := min(max(cut(), 1), len(in))
			rest, in = in[:n], in[n:]
		}
		data, used, fault := d.Next(rest)
		if fault != None {
			return fault.String()
		}
		content = append(content, data...)
		rest = rest[used:]
	}
	return fmt.Sprintf("%q %s left %q", content, d.Trailers().show(), append(bytes.Clone(rest), in...))
}

func whole() int { return 1 << 30 }
func one() int   { return 1 }

var chunked = []struct{ in, want string }{
	// RFC 9112 section 7.1: chunks.
	{"5\r\nhello\r\n0\r\n\r\n", `"hello"  left ""`},
	{"0\r\n\r\n", `""  left ""`},
	{"0\r\n\r\nGET /evil", `""  left "GET /evil"`},
	{"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\nX", `"hello world"  left "X"`},
	{"a\r\n0123456789\r\nA\r\n0123456789\r\n000\r\n\r\n", `"01234567890123456789"  left ""`},
	{"0000000000000005\r\nhello\r\n0000000000000000\r\n\r\n", `"hello"  left ""`},
	{"5\r\nhello\r\n", `more after "hello"`},
	{"5\r\nhel", `more after "hel"`},
	{"7fffffffffffffff\r\nx", `more after "x"`},
	{"0\r\n", `more after ""`},
	{"0\r\nA: b\r\n", `more after ""`},

	// RFC 9112 section 7.1: the size.
	{"0x5\r\nhello\r\n0\r\n\r\n", "malformed chunk size"},
	{"+5\r\nhello\r\n0\r\n\r\n", "malformed chunk size"},
	{"-1\r\nhello\r\n0\r\n\r\n", "malformed chunk size"},
	{" 5\r\nhello\r\n0\r\n\r\n", "malformed chunk size"},
	{"5 \r\nhello\r\n0\r\n\r\n", "malformed chunk size"},
	{"\t5\r\nhello\r\n0\r\n\r\n", "malformed chunk size"},
	{"1_0\r\nhello\r\n0\r\n\r\n", "malformed chunk size"},
	{"\r\nhello\r\n0\r\n\r\n", "malformed chunk size"},
	{";a\r\nhello\r\n0\r\n\r\n", "malformed chunk size"},
	{"g\r\nhello\r\n0\r\n\r\n", "malformed chunk size"},
	{"5\x00\r\nhello\r\n0\r\n\r\n", "malformed chunk size"},
	{"8000000000000000\r\nx", "malformed chunk size"},
	{"ffffffffffffffff\r\nx", "malformed chunk size"},
	{"FFFFFFFFFFFFFFFF0\r\nx", "malformed chunk size"},
	{"1these-bytes\r\nx", "malformed chunk size"},
	{strings.Repeat("0", 17) + "5\r\nhello\r\n0\r\n\r\n", "malformed chunk size"},
	{strings.Repeat("0", 5000), "malformed chunk size"},

	// RFC 9112 section 7.1: line ends.
	{"5\nhello\r\n0\r\n\r\n", "malformed chunk size"},
	{"5\n;x\r\nhello\r\n0\r\n\r\n", "malformed chunk size"},
	{"5\rhello\r\n0\r\n\r\n", "line not ended by CRLF"},
	{"5\r;a\r\nhello", "line not ended by CRLF"},
	{"2\r\r;a\r\nhe", "line not ended by CRLF"},
	{"5\r\nhello\n0\r\n\r\n", "chunk not ended by CRLF"},
	{"5\r\nhelloXX0\r\n\r\n", "chunk not ended by CRLF"},
	{"5\r\nhello!!\r\n0\r\n\r\n", "chunk not ended by CRLF"},
	{"5\r\nhello\r\r\n0\r\n\r\n", "chunk not ended by CRLF"},
	{"5\r\nhello0\r\n\r\n", "chunk not ended by CRLF"},
	{"5\r\nhel\r\n0\r\n\r\n", "chunk not ended by CRLF"},
	{"0\r\n\n", "line not ended by CRLF"},
	{"0\n\r\n", "malformed chunk size"},
	{"0\r\nA: b\n\r\n", "line not ended by CRLF"},
	{"0\r\n\r\r\n", `more after ""`}, // the fields are read once all are there
	{"0\r\n\r\r\n\r\n", "line not ended by CRLF"},

	// RFC 9112 section 7.1.1: extensions.
	{"5;a\r\nhello\r\n0;b=c\r\n\r\n", `"hello"  left ""`},
	{"5;a=b;c=\"d \\\" ;\te\xff\";f\r\nhello\r\n0\r\n\r\n", `"hello"  left ""`},
	{"5;a=\"\"\r\nhello\r\n0\r\n\r\n", `"hello"  left ""`},
	{"5;\n", "malformed chunk extension"},
	{"5;a\nxx\r\nhello\r\n0\r\n\r\n", "malformed chunk extension"},
	{"5;\x00a\r\nhello", "malformed chunk extension"},
	{"5;bad[=x\r\nhello", "malformed chunk extension"},
	{"5;\r\nhello", "malformed chunk extension"},
	{"5;;a\r\nhello", "malformed chunk extension"},
	{"5;a=\r\nhello", "malformed chunk extension"},
	{"5;a=;b\r\nhello", "malformed chunk extension"},
	{"5;=b\r\nhello", "malformed chunk extension"},
	{"5;a==b\r\nhello", "malformed chunk extension"},
	{"5;a=b=c\r\nhello", "malformed chunk extension"},
	{"5; a\r\nhello", "malformed chunk extension"},
	{"5;a =b\r\nhello", "malformed chunk extension"},
	{"5;a= b\r\nhello", "malformed chunk extension"},
	{"5;a \r\nhello", "malformed chunk extension"},
	{"5;a,b\r\nhello", "malformed chunk extension"},
	{"5;a=\"b\"c\r\nhello", "malformed chunk extension"},
	{"5;a=\"b\"\"c\"\r\nhello", "malformed chunk extension"},
	{"5;a=b\"c\"\r\nhello", "malformed chunk extension"},
	{"5;\"a\"=b\r\nhello", "malformed chunk extension"},
	{"5;a=\"\r\n0\r\n\r\n", "malformed chunk extension"},
	{"5;a=\"\\\r\"\r\n0\r\n\r\n", "malformed chunk extension"},
	{"5;a=\"\x7f\"\r\n0\r\n\r\n", "malformed chunk extension"},
	{"5;a\xff\r\nhello", "malformed chunk extension"},
	{"5;a\rb\r\nhello", "line not ended by CRLF"},
	{"5;" + strings.Repeat("a", 4091) + "\r\nhello\r\n0\r\n\r\n", `"hello"  left ""`},
	{"5;" + strings.Repeat("a", 4092) + "\r\nhello\r\n0\r\n\r\n", "chunk line too long"},
	{"5;" + strings.Repeat("a", 10000) + "\r\nhello\r\n0\r\n\r\n", "chunk line too long"},
	{strings.Repeat("1;"+strings.Repeat("a", 4000)+"\r\nx\r\n", 20), "too much chunk overhead"},
	{strings.Repeat("0000000000000001\r\nx\r\n", 2000), "too much chunk overhead"},
	{strings.Repeat("1;ab\r\nx\r\n", 10000), "too much chunk overhead"},

	// RFC 9112 section 7.1.2, RFC 9110 section 6.5: trailers.
	{"0\r\nX-Sum: 1\r\nServer-Timing:  a;dur=1 \r\n\r\nZ", `"" [X-Sum=1] [Server-Timing=a;dur=1] left "Z"`},
	{"0\r\nA : b\r\n\r\n", "malformed field name"},
	{"0\r\nA: b\r\n c\r\n\r\n", "folded field line"},
	{"0\r\nA: \x00\r\n\r\n", "control in field value"},
	{"0\r\nGET / HTTP/1.1\r\n\r\n", "malformed field name"},
	{"0\r\nContent_Length: 5\r\n\r\n", "field name that shadows a framing field"},
	{"0\r\n" + strings.Repeat("A: b\r\n", 65) + "\r\n", "too many field lines"},
	{"0\r\nA: " + strings.Repeat("b", 16377) + "\r\n\r\n", `"" [A=` + strings.Repeat("b", 16377) + `] left ""`},
	{"0\r\nA: " + strings.Repeat("b", 16378) + "\r\n\r\n", "trailers too large"},
	{"0\r\nA: " + strings.Repeat("b", 20000), "trailers too large"},

	// RFC 9110 section 6.5.1: what trailers cannot say.
	{"0\r\nContent-Length: 50\r\nTransfer-Encoding: chunked\r\nHost: evil\r\nAuthorization: x\r\nX-Sum: 1\r\n\r\n", `"" [X-Sum=1] left ""`},
	{"0\r\nSet-Cookie: a\r\nCache-Control: public\r\nX-Forwarded-For: x\r\nx-forwarded-port: 1\r\nAge: 0\r\n\r\n", `""  left ""`},
	{"0\r\nwww-authenticate: x\r\nSurrogate-Key: a\r\nIf-None-Match: x\r\nif-else: x\r\nMax-Forwards: 0\r\nVary: *\r\n\r\n", `""  left ""`},
}

func TestDecoder(t *testing.T) {
	for _, c := range chunked {
		var d Decoder
		if got := decode(&d, []byte(c.in), whole); got != c.want {
			t.Errorf("%.200q\n got %.200s\nwant %.200s", c.in, got, c.want)
		}
	}
}

// However the input is cut, the result is the same: a byte at a time, in two
// at each place, in random pieces.
func TestDecoderSplits(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var d Decoder
	for _, c := range chunked {
		in := []byte(c.in)
		d.Reset()
		want := decode(&d, in, whole)
		check := func(how string, cut func() int) {
			d.Reset()
			if got := decode(&d, in, cut); got != want {
				t.Fatalf("%.200q %s\n got %.200s\nwant %.200s", in, how, got, want)
			}
		}
		check("a byte at a time", one)
		for range 5 {
			check("in random pieces", func() int { return 1 + rng.IntN(9) })
		}
		for at := 1; at < len(in) && len(in) < 500; at++ {
			first := at
			check(fmt.Sprintf("cut at %d", at), func() int { n := first; first = len(in); return n })
		}
	}
}

func TestDecoderRoundTrip(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	var trailers Fields
	trailers.Append([]byte("X-Sum"), []byte("1"))
	for range 200 {
		content := make([]byte, rng.IntN(2000))
		for i := range content {
			content[i] = byte(rng.Uint32())
		}
		var coded []byte
		for rest := content; len(rest) > 0; {
			n := 1 + rng.IntN(len(rest))
			coded = AppendChunkHead(coded, n)
			coded = append(append(coded, rest[:n]...), ChunkEnd...)
			rest = rest[n:]
		}
		coded = AppendLastChunk(coded, &trailers)
		var d Decoder
		got := decode(&d, coded, func() int { return 1 + rng.IntN(300) })
		if want := fmt.Sprintf("%q [X-Sum=1] left %q", content, ""); got != want {
			t.Fatalf("%q\n got %s\nwant %s", coded, got, want)
		}
	}
}

// A fault stays, and Reset ends it. The content aliases the input and cannot
// grow into it.
func TestDecoderLife(t *testing.T) {
	var d Decoder
	if _, _, fault := d.Next([]byte("x")); fault != BadChunkSize {
		t.Fatal(fault)
	}
	if _, used, fault := d.Next([]byte("5\r\n")); fault != BadChunkSize || used != 0 || d.Done() {
		t.Fatal(used, fault)
	}
	d.Reset()
	src := []byte("2\r\nab\r\n0\r\nX-A: b\r\n\r\n")
	data, used, fault := d.Next(src)
	if string(data) != "ab" || used != 5 || fault != None || &data[0] != &src[3] || cap(data) != 2 {
		t.Fatal(data, used, fault)
	}
	if _, used, fault := d.Next(src[5:]); used != len(src)-5 || fault != None || !d.Done() {
		t.Fatal(used, fault)
	}
	clear(src)
	if got := d.Trailers().show(); got != "[X-A=b]" {
		t.Error(got)
	}
	if data, used, fault := d.Next([]byte("5\r\n")); data != nil || used != 0 || fault != None {
		t.Error(data, used, fault)
	}
	d.Reset()
	if got := decode(&d, []byte("0\r\n\r\n"), whole); got != `""  left ""` {
		t.Error(got)
	}
}
