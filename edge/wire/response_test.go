package wire

import (
	"fmt"
	"testing"
)

func (r *Response) show() string {
	return fmt.Sprintf("1.%d %d %q %s keep=%t %s", r.Minor, r.Status, r.Reason, r.Content.show(), r.KeepAlive, r.Fields.show())
}

var responses = []struct {
	head string
	want string // what show gives, or the fault
}{
	// RFC 9112 section 4: status line.
	{"HTTP/1.1 200 OK\r\n\r\n", `1.1 200 "OK" close:-1 keep=false `},
	{"HTTP/1.1 200 \r\n\r\n", `1.1 200 "" close:-1 keep=false `},
	{"HTTP/1.1 200\r\n\r\n", `1.1 200 "" close:-1 keep=false `},
	{"HTTP/1.1 404 Not\tFound  \xe9\r\n\r\n", `1.1 404 "Not\tFound  \xe9" close:-1 keep=false `},
	{"HTTP/1.0 999 x\r\n\r\n", `1.0 999 "x" close:-1 keep=false `},
	{"HTTP/1.1 2000 OK\r\n\r\n", "malformed status line"},
	{"HTTP/1.1 20 OK\r\n\r\n", "malformed status line"},
	{"HTTP/1.1 099 OK\r\n\r\n", "malformed status line"},
	{"HTTP/1.1 2x0 OK\r\n\r\n", "malformed status line"},
	{"HTTP/1.1  200 OK\r\n\r\n", "malformed status line"},
	{"HTTP/1.1\t200 OK\r\n\r\n", "malformed status line"},
	{"HTTP/1.1 200\tOK\r\n\r\n", "malformed status line"},
	{"HTTP/1.1 200-OK\r\n\r\n", "malformed status line"},
	{"HTTP/1.1 \r\n\r\n", "malformed status line"},
	{"HTTP/1.1\r\n\r\n", "malformed status line"},
	{"HTTP/1.1 20\r\n\r\n", "malformed status line"},
	{"HTTP/1.1 200 O\x00K\r\n\r\n", "malformed status line"},
	{"HTTP/1.1 200 OK\rX\r\n\r\n", "malformed status line"},
	{"HTTP/1.1 200 OK\n\r\n\r\n", "malformed status line"},
	{" HTTP/1.1 200 OK\r\n\r\n", "malformed status line"},
	{"\r\nHTTP/1.1 200 OK\r\n\r\n", "malformed status line"},
	{"garbageHTTP/1.1 200 OK\r\n\r\n", "malformed status line"},
	{"HTTP/1.10 200 OK\r\n\r\n", "malformed status line"},
	{"HTTP 200 OK\r\n\r\n", "malformed status line"},
	{"ICY 200 OK\r\n\r\n", "malformed status line"},
	{"\r\n", "malformed status line"},
	{"HTTP/2.0 200 OK\r\n\r\n", "unsupported version"},
	{"HTTP/1.1 200 OK\r\n", "line not ended by CRLF"},

	// RFC 9112 section 5: field lines, as in requests.
	{"HTTP/1.1 200 OK\r\nA : b\r\n\r\n", "malformed field name"},
	{"HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", "folded field line"},
	{"HTTP/1.1 200 OK\r\nA: b\x00\r\n\r\n", "control in field value"},
	{"HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n", "line not ended by CRLF"},
	{"HTTP/1.1 200 OK\r\nContent_Length: 5\r\n\r\n", "field name that shadows a framing field"},

	{"HTTP/1.1 200 OK\r\nConnection: a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q\r\n\r\n", "too many options in Connection"},

	// RFC 9112 section 6.3: content, by the rule's number there.
	// 1: no content whatever the fields say.
	{"HTTP/1.1 100 Continue\r\n\r\n", `1.1 100 "Continue" none:0 keep=true `},
	{"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", `1.1 103 "Early Hints" none:0 keep=true [Link=</a>]`},
	{"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", `1.1 101 "Switching Protocols" none:0 keep=false [Upgrade=x]`},
	{"HTTP/1.1 204 No Content\r\n\r\n", `1.1 204 "No Content" none:0 keep=true `},
	{"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", `1.1 204 "No Content" none:0 keep=true [Content-Length=0]`},
	{"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", `1.1 204 "No Content" none:0 keep=false [Content-Length=5]`},
	{"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n", `1.1 204 "No Content" none:0 keep=false [Transfer-Encoding=chunked]`},
	{"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", `1.1 304 "Not Modified" none:5 keep=true [Content-Length=5]`},
	{"HTTP/1.1 304 Not Modified\r\n\r\n", `1.1 304 "Not Modified" none:-1 keep=true `},
	// 3: the two together, and codings in HTTP/1.0.
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", "Transfer-Encoding with Content-Length"},
	{"HTTP/1.1 304 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", "Transfer-Encoding with Content-Length"},
	{"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "Transfer-Encoding in HTTP/1.0"},
	// 4: chunks.
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n", `1.1 200 "OK" chunks:-1 keep=true [Transfer-Encoding=Chunked]`},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "unknown transfer coding"},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", "unknown transfer coding"},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", "several Transfer-Encoding lines"},
	// 5 and 6: length.
	{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", `1.1 200 "OK" length:5 keep=true [Content-Length=5]`},
	{"HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n", `1.1 205 "Reset Content" length:0 keep=true [Content-Length=0]`},
	{"HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\n", "malformed Content-Length"},
	{"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", "malformed Content-Length"},
	{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n", "several Content-Length lines"},

	// RFC 9112 section 9.3: persistence.
	{"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n", `1.0 200 "OK" length:5 keep=false [Content-Length=5]`},
	{"HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\n", `1.0 200 "OK" length:5 keep=true [Content-Length=5] [Connection=keep-alive]`},
	{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\n", `1.1 200 "OK" length:5 keep=false [Content-Length=5] [Connection=close]`},
	{"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n\r\n", `1.1 200 "OK" close:-1 keep=false [Connection=keep-alive]`},
}

func TestResponse(t *testing.T) {
	var r Response
	for _, c := range responses {
		got := ""
		if fault := r.Parse([]byte(c.head), Limits{}, false); fault != None {
			got = fault.String()
		} else {
			got = r.show()
		}
		if got != c.want {
			t.Errorf("%q\n got %s\nwant %s", c.head, got, c.want)
		}
	}
}

// RFC 9110 section 9.3.2: the response to HEAD has no content.
func TestResponseToHead(t *testing.T) {
	for _, c := range []struct {
		head string
		want string
	}{
		{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "none:5 true"},
		{"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "none:0 true"},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "none:-1 true"},
		{"HTTP/1.1 200 OK\r\n\r\n", "none:-1 true"},
		{"HTTP/1.1 204 No Content\r\n\r\n", "none:0 true"},
	} {
		var r Response
		if fault := r.Parse([]byte(c.head), Limits{}, true); fault != None {
			t.Fatalf("%q: %v", c.head, fault)
		}
		if got := fmt.Sprint(r.Content.show(), " ", r.KeepAlive); got != c.want {
			t.Errorf("%q: %s, want %s", c.head, got, c.want)
		}
	}
}

func TestResponseLimits(t *testing.T) {
	var r Response
	head := []byte("HTTP/1.1 200 OK\r\nA: b\r\nA: b\r\n\r\n")
	if got := r.Parse(head, Limits{Fields: 2}, false); got != None {
		t.Error(got)
	}
	if got := r.Parse(head, Limits{Fields: 1}, false); got != TooManyFields {
		t.Error(got)
	}
}

func TestResponseCutOff(t *testing.T) {
	head := []byte("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nA: b\r\n\r\n")
	var r Response
	for n := range head {
		if r.Parse(head[:n], Limits{}, false) == None {
			t.Errorf("%q was accepted", head[:n])
		}
	}
}
