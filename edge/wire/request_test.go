package wire

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// show writes a parsed request in one line, for tables.
func (r *Request) show() string {
	return fmt.Sprintf("%s %s 1.%d %s keep=%t %s", r.Method, r.Target, r.Minor, r.Content.show(), r.KeepAlive, r.Fields.show())
}

func (c Framing) show() string {
	return [...]string{"none", "length", "chunks", "close"}[c.Kind] + fmt.Sprintf(":%d", c.Length)
}

func (f *Fields) show() string {
	var b strings.Builder
	for i, x := range f.List {
		if i > 0 {
			b.WriteByte(' ')
		}
		fmt.Fprintf(&b, "[%s=%s]", x.Name, x.Value)
	}
	return b.String()
}

// h is the Host line that a valid request needs.
const h = "Host: a.test\r\n"

var requests = []struct {
	head string
	want string // what show gives, or the fault
}{
	// RFC 9112 section 3: request line.
	{"GET / HTTP/1.1\r\n" + h + "\r\n", "GET / 1.1 none:0 keep=true [Host=a.test]"},
	{"GET /a?b=%20&c={}|^`<>\" HTTP/1.1\r\n" + h + "\r\n", "GET /a?b=%20&c={}|^`<>\" 1.1 none:0 keep=true [Host=a.test]"},
	{"G!#$%&'*+-.^_`|~1 / HTTP/1.1\r\n" + h + "\r\n", "G!#$%&'*+-.^_`|~1 / 1.1 none:0 keep=true [Host=a.test]"},
	{strings.Repeat("M", 64) + " / HTTP/1.1\r\n" + h + "\r\n", strings.Repeat("M", 64) + " / 1.1 none:0 keep=true [Host=a.test]"},
	{strings.Repeat("M", 65) + " / HTTP/1.1\r\n" + h + "\r\n", "malformed method"},
	{strings.Repeat("M", 100000) + "\r\n\r\n", "malformed method"},
	{"GET  / HTTP/1.1\r\n" + h + "\r\n", "malformed request target"},
	{"GET\t/ HTTP/1.1\r\n" + h + "\r\n", "malformed method"},
	{" GET / HTTP/1.1\r\n" + h + "\r\n", "malformed method"},
	{"\r\nGET / HTTP/1.1\r\n" + h + "\r\n", "malformed method"},
	{"G=\"x\" / HTTP/1.1\r\n" + h + "\r\n", "malformed method"},
	{"G\x00T / HTTP/1.1\r\n" + h + "\r\n", "malformed method"},
	{"G\xc9T / HTTP/1.1\r\n" + h + "\r\n", "malformed method"},
	{"GET /\t HTTP/1.1\r\n" + h + "\r\n", "malformed request target"},
	{"GET /  HTTP/1.1\r\n" + h + "\r\n", "malformed version"},
	{"GET / HTTP/1.1 \r\n" + h + "\r\n", "malformed version"},
	{"GET /\r\n" + h + "\r\n", "malformed request target"},
	{"GET / \r\n" + h + "\r\n", "malformed version"},
	{"GET\r\n" + h + "\r\n", "malformed method"},
	{"\r\n", "malformed method"},
	{"\r\n\r\n", "malformed method"},
	{"GET / HTTP/1.1\n" + h + "\r\n", "malformed version"},
	{"GET / HTTP/1.1\r" + h + "\r\n", "malformed version"},
	{"GET / HTTP/1.1\r\n" + h, "line not ended by CRLF"},
	{"GET / HTTP/1.1\r\n", "line not ended by CRLF"},
	{"GET / HTTP/1.1\r\n" + h + "\n", "line not ended by CRLF"},
	{"", "line not ended by CRLF"},

	// RFC 9112 section 3.2: request target.
	{"GET /a b HTTP/1.1\r\n" + h + "\r\n", "malformed version"},
	{"GET /#f HTTP/1.1\r\n" + h + "\r\n", "malformed request target"},
	{"GET /?a#f HTTP/1.1\r\n" + h + "\r\n", "malformed request target"},
	{"GET /\xc3\xa9 HTTP/1.1\r\n" + h + "\r\n", "malformed request target"},
	{"GET /\x00 HTTP/1.1\r\n" + h + "\r\n", "malformed request target"},
	{"GET /\x7f HTTP/1.1\r\n" + h + "\r\n", "malformed request target"},
	{"GET /a\\b HTTP/1.1\r\n" + h + "\r\n", "malformed request target"},
	{"GET /a\rb HTTP/1.1\r\n" + h + "\r\n", "malformed request target"},
	{"GET a HTTP/1.1\r\n" + h + "\r\n", "malformed request target"},
	{"GET ?a HTTP/1.1\r\n" + h + "\r\n", "malformed request target"},
	{"GET a.test:80 HTTP/1.1\r\n" + h + "\r\n", "malformed request target"},
	{"GET *a HTTP/1.1\r\n" + h + "\r\n", "malformed request target"},
	{"GET ://a HTTP/1.1\r\n" + h + "\r\n", "malformed request target"},
	{"GET http:// HTTP/1.1\r\n" + h + "\r\n", "malformed request target"},
	{"GET h/t://a HTTP/1.1\r\n" + h + "\r\n", "malformed request target"},
	{"GET //evil/x HTTP/1.1\r\n" + h + "\r\n", "GET //evil/x 1.1 none:0 keep=true [Host=a.test]"},
	{"GET http://evil/ HTTP/1.1\r\n" + h + "\r\n", "GET http://evil/ 1.1 none:0 keep=true [Host=a.test]"},
	{"OPTIONS * HTTP/1.1\r\n" + h + "\r\n", "OPTIONS * 1.1 none:0 keep=true [Host=a.test]"},
	{"CONNECT a.test:80 HTTP/1.1\r\n" + h + "\r\n", "CONNECT a.test:80 1.1 none:0 keep=true [Host=a.test]"},

	// RFC 9112 section 2.3: version.
	{"GET / HTTP/1.0\r\n\r\n", "GET / 1.0 none:0 keep=false "},
	{"GET / HTTP/1.2\r\n" + h + "\r\n", "unsupported version"},
	{"GET / HTTP/0.9\r\n" + h + "\r\n", "unsupported version"},
	{"GET / HTTP/2.0\r\n" + h + "\r\n", "unsupported version"},
	{"PRI * HTTP/2.0\r\n\r\n", "unsupported version"},
	{"GET / http/1.1\r\n" + h + "\r\n", "malformed version"},
	{"GET / HTTP/1.10\r\n" + h + "\r\n", "malformed version"},
	{"GET / HTTP/2.00\r\n" + h + "\r\n", "malformed version"},
	{"GET / HTTP/01.01\r\n" + h + "\r\n", "malformed version"},
	{"GET / HTTP/1,1\r\n" + h + "\r\n", "malformed version"},
	{"GET / HTTP/1\r\n" + h + "\r\n", "malformed version"},
	{"GET / HTTP/1.\r\n" + h + "\r\n", "malformed version"},
	{"GET / HTTPS/1.1\r\n" + h + "\r\n", "malformed version"},
	{"GET / HTTP/1.1\x00\r\n" + h + "\r\n", "malformed version"},

	// RFC 9112 section 5: field lines.
	{"GET / HTTP/1.1\r\n" + h + "A:b\r\nC: \t d \t\r\nE:\r\nF: \r\n\r\n", "GET / 1.1 none:0 keep=true [Host=a.test] [A=b] [C=d] [E=] [F=]"},
	{"GET / HTTP/1.1\r\n" + h + "A: a\tb  c\r\n\r\n", "GET / 1.1 none:0 keep=true [Host=a.test] [A=a\tb  c]"},
	{"GET / HTTP/1.1\r\n" + h + "A: a:b\r\na: c\r\n\r\n", "GET / 1.1 none:0 keep=true [Host=a.test] [A=a:b] [a=c]"},
	{"GET / HTTP/1.1\r\n" + h + "A: \x80\xff\xc3\xa9\r\n\r\n", "GET / 1.1 none:0 keep=true [Host=a.test] [A=\x80\xff\xc3\xa9]"},
	{"GET / HTTP/1.1\r\n" + h + "X_Y: z\r\n\r\n", "GET / 1.1 none:0 keep=true [Host=a.test] [X_Y=z]"},
	{"GET / HTTP/1.1\r\n" + h + "A : b\r\n\r\n", "malformed field name"},
	{"GET / HTTP/1.1\r\n" + h + "A\t: b\r\n\r\n", "malformed field name"},
	{"GET / HTTP/1.1\r\n" + h + ": v\r\n\r\n", "malformed field name"},
	{"GET / HTTP/1.1\r\n" + h + "noColon\r\n\r\n", "malformed field name"},
	{"GET / HTTP/1.1\r\nnoColon\r\n" + h + "\r\n", "malformed field name"},
	{"GET / HTTP/1.1\r\n" + h + "N\x85: v\r\n\r\n", "malformed field name"},
	{"GET / HTTP/1.1\r\n" + h + "N\x00: v\r\n\r\n", "malformed field name"},
	{"GET / HTTP/1.1\r\n" + h + "N(: v\r\n\r\n", "malformed field name"},
	{"GET / HTTP/1.1\r\n" + h + "Content\tLength: 9\r\n\r\n", "malformed field name"},
	{"GET / HTTP/1.1\r\n" + h + "TE\xa0: chunked\r\n\r\n", "malformed field name"},
	{"GET / HTTP/1.1\r\n" + h + "\x0cContent-Length: 9\r\n\r\n", "malformed field name"},
	{"GET / HTTP/1.1\r\n" + h + "\"A\": v\r\n\r\n", "malformed field name"},

	// RFC 9112 sections 2.2 and 5.2: line ends, folding.
	{"GET / HTTP/1.1\r\n" + h + "A: b\r\n c\r\n\r\n", "folded field line"},
	{"GET / HTTP/1.1\r\n" + h + "A: b\r\n\tc\r\n\r\n", "folded field line"},
	{"GET / HTTP/1.1\r\n " + h + "\r\n", "folded field line"},
	{"GET / HTTP/1.1\r\n" + h + "A: b\r\n \r\n\r\n", "folded field line"},
	{"GET / HTTP/1.1\r\n" + h + "A: b\nC: d\r\n\r\n", "line not ended by CRLF"},
	{"GET / HTTP/1.1\r\n" + h + "A: va\rue\r\n\r\n", "line not ended by CRLF"},
	{"GET / HTTP/1.1\r\n" + h + "A: b\rC: d\r\n\r\n", "line not ended by CRLF"},
	{"GET / HTTP/1.1\r\n" + h + "A: b\r\r\n\r\n", "line not ended by CRLF"},
	{"GET / HTTP/1.1\r\n" + h + "\rA: b\r\n\r\n", "line not ended by CRLF"},
	{"GET / HTTP/1.1\r\n" + h + "A:\n b\r\n\r\n", "line not ended by CRLF"},
	{"GET / HTTP/1.1\r\n" + h + "\r\nA: b\r\n\r\n", "line not ended by CRLF"},

	// RFC 9110 section 5.5: field values.
	{"GET / HTTP/1.1\r\n" + h + "A: b\x00c\r\n\r\n", "control in field value"},
	{"GET / HTTP/1.1\r\n" + h + "A: \x07\r\n\r\n", "control in field value"},
	{"GET / HTTP/1.1\r\n" + h + "A: \x7f\r\n\r\n", "control in field value"},
	{"GET / HTTP/1.1\r\n" + h + "A: \x0bb\r\n\r\n", "control in field value"},
	{"GET / HTTP/1.1\r\n" + h + "A: 123456789 123456789\x1b\r\n\r\n", "control in field value"},

	// RFC 9112 section 3.2: Host.
	{"GET / HTTP/1.1\r\n\r\n", "no Host"},
	{"GET / HTTP/1.1\r\nA: b\r\n\r\n", "no Host"},
	{"GET http://a.test/ HTTP/1.1\r\n\r\n", "no Host"},
	{"GET / HTTP/1.1\r\n" + h + h + "\r\n", "several Host lines"},
	{"GET / HTTP/1.1\r\n" + h + "A: b\r\nhOST: b.test\r\n\r\n", "several Host lines"},
	{"GET / HTTP/1.0\r\n" + h + h + "\r\n", "several Host lines"},
	{"GET http://a.test/ HTTP/1.1\r\n" + h + h + "\r\n", "several Host lines"},

	// RFC 9112 section 6.2, RFC 9110 section 8.6: Content-Length.
	{"POST / HTTP/1.1\r\n" + h + "Content-Length: 5\r\n\r\n", "POST / 1.1 length:5 keep=true [Host=a.test] [Content-Length=5]"},
	{"POST / HTTP/1.1\r\n" + h + "content-length:0\r\n\r\n", "POST / 1.1 none:0 keep=true [Host=a.test] [content-length=0]"},
	{"POST / HTTP/1.1\r\n" + h + "Content-Length: 999999999999999999\r\n\r\n", "POST / 1.1 length:999999999999999999 keep=true [Host=a.test] [Content-Length=999999999999999999]"},
	{"POST / HTTP/1.0\r\nContent-Length: 5\r\n\r\n", "POST / 1.0 length:5 keep=false [Content-Length=5]"},
	{"POST / HTTP/1.1\r\n" + h + "Content-Length: 5, 10\r\n\r\n", "malformed Content-Length"},
	{"POST / HTTP/1.1\r\n" + h + "Content-Length: 5, 5\r\n\r\n", "malformed Content-Length"},
	{"POST / HTTP/1.1\r\n" + h + "Content-Length: +5\r\n\r\n", "malformed Content-Length"},
	{"POST / HTTP/1.1\r\n" + h + "Content-Length: -0\r\n\r\n", "malformed Content-Length"},
	{"POST / HTTP/1.1\r\n" + h + "Content-Length: 0x5\r\n\r\n", "malformed Content-Length"},
	{"POST / HTTP/1.1\r\n" + h + "Content-Length: 1_0\r\n\r\n", "malformed Content-Length"},
	{"POST / HTTP/1.1\r\n" + h + "Content-Length: 5 5\r\n\r\n", "malformed Content-Length"},
	{"POST / HTTP/1.1\r\n" + h + "Content-Length:\r\n\r\n", "malformed Content-Length"},
	{"POST / HTTP/1.1\r\n" + h + "Content-Length: 0o5\r\n\r\n", "malformed Content-Length"},
	{"POST / HTTP/1.1\r\n" + h + "Content-Length: 5\x00\r\n\r\n", "control in field value"},
	{"POST / HTTP/1.1\r\n" + h + "Content-Length: 1000000000000000000\r\n\r\n", "malformed Content-Length"},
	{"POST / HTTP/1.1\r\n" + h + "Content-Length: 99999999999999999999\r\n\r\n", "malformed Content-Length"},
	{"POST / HTTP/1.1\r\n" + h + "Content-Length: 18446744073709551621\r\n\r\n", "malformed Content-Length"},
	{"POST / HTTP/1.1\r\n" + h + "Content-Length: 5\r\nContent-Length: 5\r\n\r\n", "several Content-Length lines"},
	{"POST / HTTP/1.1\r\n" + h + "Content-Length: 5\r\nA: b\r\ncontent-length: 6\r\n\r\n", "several Content-Length lines"},
	{"POST / HTTP/1.1\r\n" + h + "Content-Length : 23\r\n\r\n", "malformed field name"},
	{"POST / HTTP/1.1\r\n" + h + "Content-Length\n: 23\r\n\r\n", "malformed field name"},

	// RFC 9112 section 6.1: Transfer-Encoding.
	{"POST / HTTP/1.1\r\n" + h + "Transfer-Encoding: chunked\r\n\r\n", "POST / 1.1 chunks:-1 keep=true [Host=a.test] [Transfer-Encoding=chunked]"},
	{"POST / HTTP/1.1\r\n" + h + "transfer-encoding:\tChUnKeD \r\n\r\n", "POST / 1.1 chunks:-1 keep=true [Host=a.test] [transfer-encoding=ChUnKeD]"},
	{"POST / HTTP/1.1\r\n" + h + "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n", "Transfer-Encoding with Content-Length"},
	{"POST / HTTP/1.1\r\n" + h + "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n", "Transfer-Encoding with Content-Length"},
	{"POST / HTTP/1.1\r\n" + h + "Transfer-Encoding : chunked\r\n\r\n", "malformed field name"},
	{"POST / HTTP/1.1\r\n" + h + " Transfer-Encoding: chunked\r\n\r\n", "folded field line"},
	{"POST / HTTP/1.1\r\n" + h + "Transfer-Encoding:\x0bchunked\r\n\r\n", "control in field value"},
	{"POST / HTTP/1.1\r\n" + h + "Transfer-Encoding: chunked\x00\r\n\r\n", "control in field value"},
	{"POST / HTTP/1.1\r\n" + h + "Transfer-Encoding: \"chunked\"\r\n\r\n", "unknown transfer coding"},
	{"POST / HTTP/1.1\r\n" + h + "Transfer-Encoding: xchunked\r\n\r\n", "unknown transfer coding"},
	{"POST / HTTP/1.1\r\n" + h + "Transfer-Encoding: chunked, identity\r\n\r\n", "unknown transfer coding"},
	{"POST / HTTP/1.1\r\n" + h + "Transfer-Encoding: gzip, chunked\r\n\r\n", "unknown transfer coding"},
	{"POST / HTTP/1.1\r\n" + h + "Transfer-Encoding: identity\r\n\r\n", "unknown transfer coding"},
	{"POST / HTTP/1.1\r\n" + h + "Transfer-Encoding:\r\n\r\n", "unknown transfer coding"},
	{"POST / HTTP/1.1\r\n" + h + "Transfer-Encoding: , chunked\r\n\r\n", "unknown transfer coding"},
	{"POST / HTTP/1.1\r\n" + h + "Transfer-Encoding: chunked,\r\n\r\n", "unknown transfer coding"},
	{"POST / HTTP/1.1\r\n" + h + "Transfer-Encoding: chunked;q=1\r\n\r\n", "unknown transfer coding"},
	{"POST / HTTP/1.1\r\n" + h + "Transfer-Encoding: \xffchunked\xff\r\n\r\n", "unknown transfer coding"},
	{"POST / HTTP/1.1\r\n" + h + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", "several Transfer-Encoding lines"},
	{"POST / HTTP/1.1\r\n" + h + "Transfer-Encoding: chunked\r\nTransfer-encoding: cow\r\n\r\n", "several Transfer-Encoding lines"},
	{"POST / HTTP/1.1\r\n" + h + "Transfer-Encoding:\r\n chunked\r\n\r\n", "folded field line"},
	{"POST / HTTP/1.1\r\n" + h + "X: x\nTransfer-Encoding: chunked\r\n\r\n", "line not ended by CRLF"},
	{"POST / HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n", "Transfer-Encoding in HTTP/1.0"},

	// RFC 9110 section 5.1: names that gateways to programs fold together.
	{"POST / HTTP/1.1\r\n" + h + "Transfer_Encoding: chunked\r\n\r\n", "field name that shadows a framing field"},
	{"POST / HTTP/1.1\r\n" + h + "CONTENT_length: 5\r\n\r\n", "field name that shadows a framing field"},
	{"POST / HTTP/1.1\r\n" + h + "Keep_Alive: 5\r\n\r\n", "field name that shadows a framing field"},
	{"POST / HTTP/1.1\r\n" + h + "Contents_Length: 5\r\n\r\n", "POST / 1.1 none:0 keep=true [Host=a.test] [Contents_Length=5]"},

	// RFC 9112 section 9.3: persistence.
	{"GET / HTTP/1.1\r\n" + h + "Connection: close\r\n\r\n", "GET / 1.1 none:0 keep=false [Host=a.test] [Connection=close]"},
	{"GET / HTTP/1.1\r\n" + h + "Connection: close, keep-alive\r\n\r\n", "GET / 1.1 none:0 keep=false [Host=a.test] [Connection=close, keep-alive]"},
	{"GET / HTTP/1.1\r\n" + h + "Connection: keep-alive\r\nConnection: x, CLOSE\r\n\r\n", "GET / 1.1 none:0 keep=false [Host=a.test] [Connection=keep-alive] [Connection=x, CLOSE]"},
	{"GET / HTTP/1.1\r\n" + h + "Connection: closed\r\n\r\n", "GET / 1.1 none:0 keep=true [Host=a.test] [Connection=closed]"},
	{"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", "GET / 1.0 none:0 keep=true [Connection=Keep-Alive]"},
	{"GET / HTTP/1.1\r\n" + h + "Connection: \"a, close\r\n\r\n", "GET / 1.1 none:0 keep=false [Host=a.test] [Connection=\"a, close]"},

	// RFC 9110 section 7.6.1: as many options as anybody needs.
	{"GET / HTTP/1.1\r\n" + h + "Connection: a,b,c,d,e,f,g,h\r\nConnection: ,,i,j,k,l,m,n,o,close,,\r\n\r\n",
		"GET / 1.1 none:0 keep=false [Host=a.test] [Connection=a,b,c,d,e,f,g,h] [Connection=,,i,j,k,l,m,n,o,close,,]"},
	{"GET / HTTP/1.1\r\n" + h + "Connection: a,b,c,d,e,f,g,h\r\nConnection: i,j,k,l,m,n,o,p,q\r\n\r\n", "too many options in Connection"},
	{"GET / HTTP/1.1\r\n" + h + "Connection: a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a\r\n\r\n", "too many options in Connection"},
	{"GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", "GET / 1.0 none:0 keep=false [Connection=keep-alive, close]"},
}

func TestRequest(t *testing.T) {
	var r Request // one for all: it forgets what was there before
	for _, c := range requests {
		got := ""
		if fault := r.Parse([]byte(c.head), Limits{}); fault != None {
			got = fault.String()
		} else {
			got = r.show()
		}
		if got != c.want {
			t.Errorf("%.200q\n got %.200q\nwant %.200q", c.head, got, c.want)
		}
	}
}

// RFC 9112 section 3, RFC 6585 section 5.
func TestRequestLimits(t *testing.T) {
	for _, c := range []struct {
		target, fields int // sizes
		lim            Limits
		want           Fault
	}{
		{8000, 1, Limits{Target: 8000}, None},
		{8001, 1, Limits{Target: 8000}, TargetTooLong},
		{100000, 1, Limits{}, None},
		{1, 100, Limits{Fields: 100}, None},
		{1, 101, Limits{Fields: 100}, TooManyFields},
		{1, MaxFields, Limits{}, None},
		{1, MaxFields + 1, Limits{}, TooManyFields},
		{1, MaxFields + 1, Limits{Fields: MaxFields + 1}, TooManyFields},
	} {
		head := "GET /" + strings.Repeat("a", c.target-1) + " HTTP/1.1\r\n" + strings.Repeat("A: b\r\n", c.fields-1) + h + "\r\n"
		var r Request
		if got := r.Parse([]byte(head), c.lim); got != c.want {
			t.Errorf("%d bytes of target, %d fields, %+v: %v, want %v", c.target, c.fields, c.lim, got, c.want)
		}
	}
}

// RFC 9110 section 7.8.
func TestUpgrade(t *testing.T) {
	for _, c := range []struct {
		head string
		want string
	}{
		{"GET / HTTP/1.1\r\n" + h + "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n\r\n", "websocket"},
		{"GET / HTTP/1.1\r\n" + h + "Connection: upgrade\r\nUpgrade: a/1, b\r\n\r\n", "a/1, b"},
		{"GET / HTTP/1.1\r\n" + h + "Upgrade: websocket\r\n\r\n", ""},
		{"GET / HTTP/1.1\r\n" + h + "Upgrade: websocket\r\nConnection: keep-alive\r\n\r\n", ""},
		{"GET / HTTP/1.1\r\n" + h + "Connection: upgrade\r\n\r\n", ""},
		{"GET / HTTP/1.1\r\n" + h + "Upgrade:\r\nConnection: upgrade\r\n\r\n", ""},
		{"GET / HTTP/1.1\r\n" + h + "Upgrade: a\r\nUpgrade: b\r\nConnection: upgrade\r\n\r\n", ""},
		{"GET / HTTP/1.0\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n", ""},
	} {
		var r Request
		if fault := r.Parse([]byte(c.head), Limits{}); fault != None {
			t.Fatalf("%q: %v", c.head, fault)
		}
		if got := r.Upgrade(); string(got) != c.want || (got == nil) != (c.want == "") {
			t.Errorf("%q: %q, want %q", c.head, got, c.want)
		}
	}
}

// No part of a head is a head: each prefix is refused.
func TestRequestCutOff(t *testing.T) {
	head := []byte("POST /a?b HTTP/1.1\r\n" + h + "Content-Length: 5\r\nA: b\r\n\r\n")
	var r Request
	for n := range head {
		if r.Parse(head[:n], Limits{}) == None {
			t.Errorf("%q was accepted", head[:n])
		}
	}
	if fault := r.Parse(head, Limits{}); fault != None {
		t.Error(fault)
	}
}

// What aliases the head cannot grow into what follows it.
func TestRequestSlicesEnd(t *testing.T) {
	head := []byte("GET /a HTTP/1.1\r\n" + h + "A: b\r\n\r\n")
	before := bytes.Clone(head)
	var r Request
	if fault := r.Parse(head, Limits{}); fault != None {
		t.Fatal(fault)
	}
	_ = append(r.Method, 'X')
	_ = append(r.Target, 'X')
	for _, f := range r.Fields.List {
		_ = append(f.Name, 'X')
		_ = append(f.Value, 'X')
	}
	if !bytes.Equal(head, before) {
		t.Errorf("%q", head)
	}
}
