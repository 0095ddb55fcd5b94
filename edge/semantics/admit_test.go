package semantics

import (
	"fmt"
	"io"
	"testing"
	"time"

	"brink/edge/message"
	"brink/edge/wire"
)

// noBody is content of no bytes.
type noBody struct{}

func (noBody) Read([]byte) (int, error)                      { return 0, io.EOF }
func (noBody) Length() int64                                 { return -1 }
func (noBody) ReadWithin([]byte, time.Duration) (int, error) { return 0, io.EOF }
func (noBody) Trailers() *wire.Fields                        { return nil }
func (noBody) Stop()                                         {}

func TestAdmit(t *testing.T) {
	const lookup = "0 none 0"
	for _, c := range []struct {
		name  string
		m     message.Method
		lines string
		set   func(*message.Request)
		rules Rules
		want  string
	}{
		{"GET", message.GET, "", nil, Rules{}, lookup},
		{"HEAD", message.HEAD, "", nil, Rules{}, lookup},
		{"GET with Authorization", message.GET, "Authorization: x", nil, Rules{}, lookup},
		// RFC 4559 section 6: credentials of a connection.
		{"GET with NTLM", message.GET, "Authorization: NTLM TlRM", nil, Rules{}, "1 connection-auth 0"},
		{"HEAD with Negotiate", message.HEAD, "Authorization: negotiate YII=", nil, Rules{}, "1 connection-auth 0"},
		// RFC 9110 sections 13.1.1 and 13.1.4: about the present state, which the origin knows.
		{"If-Match", message.GET, `If-Match: "a"`, nil, Rules{}, "1 precondition 0"},
		{"If-Match with Range", message.GET, `If-Match: "a"|Range: bytes=0-1`, nil, Rules{}, "1 precondition 0"},
		{"If-Match, HEAD", message.HEAD, `If-Match: *`, nil, Rules{}, "1 precondition 0"},
		{"If-Unmodified-Since", message.GET, "If-Unmodified-Since: @0|Range: bytes=0-1", nil, Rules{}, "1 precondition 0"},
		{"If-Match, only if cached", message.GET, `If-Match: "a"|Cache-Control: only-if-cached`, nil, Rules{}, "2 only-if-cached 504"},
		{"If-Match, POST", message.POST, `If-Match: "a"`, nil, Rules{}, "1 method 0"},
		{"GET with Cookie and Range", message.GET, "Cookie: a=b|Range: bytes=0-1", nil, Rules{}, lookup},
		// RFC 9111 section 5.2.1.5: no-store forbids storing, not answering.
		{"no-store", message.GET, "Cache-Control: no-store", nil, Rules{}, lookup},
		{"no-cache", message.GET, "Cache-Control: no-cache", nil, Rules{HonourClient: true}, lookup},

		// Section 4: only GET and HEAD are answered from the cache.
		{"POST", message.POST, "", nil, Rules{}, "1 method 0"},
		{"PUT", message.PUT, "", nil, Rules{}, "1 method 0"},
		{"OPTIONS", message.OPTIONS, "", nil, Rules{}, "1 method 0"},
		{"QUERY", message.QUERY, "", nil, Rules{}, "1 method 0"},
		{"unknown method", message.MethodOther, "", nil, Rules{}, "1 method 0"},
		{"TRACE", message.TRACE, "", nil, Rules{}, "2 method-refused 405"},
		{"CONNECT", message.CONNECT, "", nil, Rules{}, "2 method-refused 405"},
		{"PURGE", message.PURGE, "", nil, Rules{}, "2 method-refused 405"},
		{"TRACE where off", message.TRACE, "", nil, Rules{Off: true}, "2 method-refused 405"},

		{"off", message.GET, "", nil, Rules{Off: true}, "1 cache-off 0"},
		{"content", message.GET, "", func(r *message.Request) { r.Body = noBody{} }, Rules{}, "1 request-body 0"},
		{"upgrade", message.GET, "", func(r *message.Request) { r.Upgrade = []byte("websocket") }, Rules{}, "1 upgrade 0"},
		{"literal", message.GET, "", func(r *message.Request) { r.URL.Suspect, r.URL.Literal = true, true }, Rules{}, "1 suspect-path 0"},
		{"literal, stored", message.GET, "", func(r *message.Request) { r.URL.Suspect, r.URL.Literal = true, true }, Rules{StoreLiteral: true}, lookup},
		{"suspect, not literal", message.GET, "", func(r *message.Request) { r.URL.Suspect = true }, Rules{StoreLiteral: true}, "1 suspect-path 0"},
		{"suspect", message.GET, "", func(r *message.Request) { r.URL.Suspect = true }, Rules{}, "1 suspect-path 0"},

		// Section 5.2.1.7: only-if-cached, whatever the rules.
		{"ccreq-oic", message.GET, "Cache-Control: only-if-cached", nil, Rules{}, lookup},
		{"ccreq-oic, off", message.GET, "Cache-Control: only-if-cached", nil, Rules{Off: true}, "2 only-if-cached 504"},
		{"ccreq-oic, POST", message.POST, "Cache-Control: only-if-cached", nil, Rules{}, "2 only-if-cached 504"},

		// RFC 9110 section 10.1.1.
		{"continue", message.POST, "Expect: 100-Continue", nil, Rules{}, "1 method 0"},
		{"expectation", message.POST, "Expect: y 100-continue", nil, Rules{}, "2 expectation 417"},
		{"second expectation", message.GET, "Expect: 100-continue|Expect: foo", nil, Rules{}, "2 expectation 417"},
	} {
		r := getAt(t, "http://a.test/", c.lines)
		r.Method = c.m
		if c.set != nil {
			c.set(r)
		}
		d := RequestDirectives(&r.Fields)
		p := Admit(r, &c.rules, &d)
		if got := fmt.Sprintf("%d %s %d", p.Action, p.Reason, p.Status); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}
