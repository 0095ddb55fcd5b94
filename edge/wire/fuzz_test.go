package wire

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httputil"
	"net/textproto"
	"net/url"
	"reflect"
	"strings"
	"testing"
)

// The oracle of every target is net/http, from one side: what is accepted here
// is accepted there, as the same message. It may accept more.

// FuzzRequest reads a whole request: head and content.
func FuzzRequest(f *testing.F) {
	for _, c := range requests {
		f.Add([]byte(c.head + "hello"))
	}
	for _, c := range shortChunked() {
		f.Add([]byte("POST / HTTP/1.1\r\n" + h + "Transfer-Encoding: chunked\r\n\r\n" + c.in))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		before := bytes.Clone(in)
		var r Request
		n, fault := HeadEnd(in, 0)
		if n == 0 || fault != None || r.Parse(in[:n], Limits{}) != None {
			return
		}
		content, used, complete := readContent(r.Content, in[n:])
		if !bytes.Equal(in, before) {
			t.Fatalf("parsing changed its input: %q, was %q", in, before)
		}
		roundTripRequest(t, &r)
		if !r.originForm() {
			return // decided where the URL is made, and tested there
		}
		br := bufio.NewReaderSize(bytes.NewReader(in), 1<<20)
		theirs, err := http.ReadRequest(br)
		if wrong := new(url.Error); errors.As(err, &wrong) {
			return // an escape in the path, likewise
		}
		if err != nil {
			t.Fatalf("accepted %q, net/http says %v", in, err)
		}
		host := theirs.Host
		if theirs.Method != string(r.Method) || theirs.RequestURI != string(r.Target) || theirs.ProtoMinor != int(r.Minor) || host != string(r.Fields.Get(Host)) {
			t.Fatalf("%q: ours is %s, theirs %s %s 1.%d %s", in, r.show(), theirs.Method, theirs.RequestURI, theirs.ProtoMinor, host)
		}
		compareFields(t, &r.Fields, theirs.Header, Host, TransferEncoding, Trailer, Connection, CacheControl)
		if theirs.Close == r.KeepAlive {
			t.Fatalf("%q: keep %t, theirs close %t", in, r.KeepAlive, theirs.Close)
		}
		if complete {
			compareContent(t, content, theirs.Body)
			if rest, _ := io.ReadAll(br); len(rest) != len(in)-n-used {
				t.Fatalf("%q: %d bytes left, theirs %d", in, len(in)-n-used, len(rest))
			}
		}
	})
}

func (r *Request) originForm() bool { return r.Target[0] == '/' || string(r.Target) == "*" }

// FuzzResponse reads a whole response: head and content.
func FuzzResponse(f *testing.F) {
	for _, c := range responses {
		f.Add([]byte(c.head+"hello"), false)
		f.Add([]byte(c.head), true)
	}
	for _, c := range shortChunked() {
		f.Add([]byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"+c.in), false)
	}
	f.Fuzz(func(t *testing.T, in []byte, toHead bool) {
		var r Response
		n, fault := HeadEnd(in, 0)
		if n == 0 || fault != None || r.Parse(in[:n], Limits{}, toHead) != None {
			return
		}
		for cut := range n {
			if new(Response).Parse(in[:cut], Limits{}, toHead) == None && !bytes.HasSuffix(in[:cut], []byte("\r\n\r\n")) {
				t.Fatalf("accepted the part %q of a head", in[:cut])
			}
		}
		content, used, complete := readContent(r.Content, in[n:])
		for cut := n; cut < n+used && r.Content.Kind != ByClose; cut++ {
			if _, _, complete := readContent(r.Content, in[n:cut]); complete {
				t.Fatalf("%q is complete after %d bytes already", in, cut)
			}
		}
		method := http.MethodGet
		if toHead {
			method = http.MethodHead
		}
		br := bufio.NewReaderSize(bytes.NewReader(in), 1<<20)
		theirs, err := http.ReadResponse(br, &http.Request{Method: method})
		if err != nil {
			t.Fatalf("accepted %q, net/http says %v", in, err)
		}
		if theirs.StatusCode != r.Status || theirs.ProtoMinor != int(r.Minor) {
			t.Fatalf("%q: ours is %s, theirs %s %s", in, r.show(), theirs.Proto, theirs.Status)
		}
		compareFields(t, &r.Fields, theirs.Header, TransferEncoding, Trailer, Connection, CacheControl)
		if r.KeepAlive && theirs.Close {
			t.Fatalf("%q: kept, and closed by net/http", in)
		}
		if complete {
			compareContent(t, content, theirs.Body)
			if rest, _ := io.ReadAll(br); len(rest) != len(in)-n-used {
				t.Fatalf("%q: %d bytes left, theirs %d", in, len(in)-n-used, len(rest))
			}
		}
	})
}

// FuzzDecoder compares the content with net/http's, under any cutting.
func FuzzDecoder(f *testing.F) {
	for _, c := range shortChunked() {
		f.Add([]byte(c.in), uint8(3))
	}
	f.Fuzz(func(t *testing.T, in []byte, cut uint8) {
		var d Decoder
		want := decode(&d, in, whole)
		for _, size := range []int{1, int(cut)} {
			d.Reset()
			if got := decode(&d, in, func() int { return size }); got != want {
				t.Fatalf("%q in pieces of %d\n got %s\nwant %s", in, size, got, want)
			}
		}
		content, _, complete := readContent(Framing{ByChunks, -1}, in)
		if !complete {
			return
		}
		theirs, err := io.ReadAll(httputil.NewChunkedReader(bufio.NewReaderSize(bytes.NewReader(in), 1<<16)))
		if err != nil || !bytes.Equal(content, theirs) {
			t.Fatalf("%q: ours is %q, theirs %q, %v", in, content, theirs, err)
		}
	})
}

// shortChunked leaves out the long inputs, which slow down a fuzzer.
func shortChunked() (short []struct{ in, want string }) {
	for _, c := range chunked {
		if len(c.in) < 300 {
			short = append(short, c)
		}
	}
	return short
}

// readContent reads what framing says from b. used is how much of b that took.
func readContent(framing Framing, b []byte) (content []byte, used int, complete bool) {
	switch framing.Kind {
	case ByClose:
		return b, len(b), true
	case ByLength:
		if framing.Length > int64(len(b)) {
			return nil, 0, false
		}
		return b[:framing.Length], int(framing.Length), true
	case NoContent:
		return nil, 0, true
	}
	var d Decoder
	for !d.Done() {
		data, n, fault := d.Next(b[used:])
		if n == 0 || fault != None {
			return nil, 0, false
		}
		content = append(content, data...)
		used += n
	}
	return content, used, true
}

// roundTripRequest writes r anew and expects to read the same.
func roundTripRequest(t *testing.T, r *Request) {
	t.Helper()
	out := AppendRequestLine(nil, r.Method, r.Target)
	for _, x := range r.Fields.List {
		out = AppendField(out, x.Name, x.Value)
	}
	if r.Minor == 0 && !r.Fields.Has(Host) {
		out = AppendField(out, []byte("Host"), []byte("a.test"))
	}
	out = append(out, crlf...)
	var again Request
	if fault := again.Parse(out, Limits{}); fault != None {
		t.Fatalf("%q, written anew: %v", out, fault)
	}
	if !bytes.Equal(again.Method, r.Method) || !bytes.Equal(again.Target, r.Target) || again.Content != r.Content {
		t.Fatalf("%q was %s, is %s", out, r.show(), again.show())
	}
	if !strings.HasPrefix(again.Fields.show(), r.Fields.show()) {
		t.Fatalf("%q was %s, is %s", out, r.show(), again.show())
	}
}

// compareFields compares what each name's lines hold, but for those that
// net/http takes out of its header.
func compareFields(t *testing.T, ours *Fields, theirs http.Header, taken ...Name) {
	t.Helper()
	header := http.Header{}
	for _, x := range ours.List {
		key := textproto.CanonicalMIMEHeaderKey(string(x.Name))
		header[key] = append(header[key], string(x.Value))
	}
	for _, id := range taken {
		header.Del(id.String())
		theirs.Del(id.String())
	}
	if !reflect.DeepEqual(header, theirs) {
		t.Fatalf("fields %q, theirs %q", header, theirs)
	}
}

func compareContent(t *testing.T, ours []byte, theirs io.Reader) {
	t.Helper()
	b, err := io.ReadAll(theirs)
	if err != nil || !bytes.Equal(ours, b) {
		t.Fatalf("content %q, theirs %q, %v", ours, b, err)
	}
}
