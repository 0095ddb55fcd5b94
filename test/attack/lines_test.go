package attack

import (
	"fmt"
	"io"
	"strings"
	"testing"
)

func TestLines(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	w.refusesAll(t, lineEnds)
	w.refusesAll(t, requestLines)
	w.refusesAll(t, methods)
	w.refusesAll(t, overLimits)
	for b := range 256 {
		t.Run(fmt.Sprintf("A12/byte %02x", b), func(t *testing.T) {
			t.Parallel()
			w.takesByte(t, byte(b))
		})
	}
	t.Run("A13/empty line first", func(t *testing.T) {
		t.Parallel()
		w.accepts(t, "\r\nGET /$ID HTTP/1.1\r\n$H\r\n", 200)
	})
	t.Run("A23/8000 bytes of target", func(t *testing.T) {
		t.Parallel()
		w.accepts(t, "GET /$ID"+strings.Repeat("a", 8000)+" HTTP/1.1\r\n$H\r\n", 200)
	})
	w.replaysAlike(t)
}

// RFC 9112 sections 2.2, 5.1 and 5.2, RFC 9110 section 5.5.
var lineEnds = []refusal{
	{"A12/line feed in request line", "GET /c/$ID HTTP/1.1\n$H\r\n", 400},
	{"A12/line feed in field", "GET /c/$ID HTTP/1.1\r\nHost: a.test\n\r\n", 400},
	{"A12/line feed at the end", "GET /c/$ID HTTP/1.1\r\n$H\n", 400},
	{"A12/line feeds only", "GET /c/$ID HTTP/1.1\nHost: a.test\n\n", 400},
	{"A12/return in value", "GET /c/$ID HTTP/1.1\r\n$HX: val\rue\r\n\r\n", 400},
	{"A12/returns only", "GET /c/$ID HTTP/1.1\rHost: a.test\r\r\n\r\n", 400},
	{"A12/two returns", "GET /c/$ID HTTP/1.1\r\r\n$H\r\n", 400},
	{"A12/return, line", "GET /c/$ID HTTP/1.1\r\n$HX: y\rGET /smuggled$ID HTTP/1.1\r\n\r\n", 400},
	{"A12/folded", "GET /c/$ID HTTP/1.1\r\n$HX: a\r\n b\r\n\r\n", 400},
	{"A12/folded by tab", "GET /c/$ID HTTP/1.1\r\n$HX: a\r\n\tb\r\n\r\n", 400},
	{"A12/folded empty line", "GET /c/$ID HTTP/1.1\r\n$HX: a\r\n \r\n\r\n", 400},
	{"A12/space first", "GET /c/$ID HTTP/1.1\r\n Host: a.test\r\n\r\n", 400},
	{"A12/space before a second Host", "GET /c/$ID HTTP/1.1\r\n Host: b.test\r\n$H\r\n", 400},
	{"A12/no name", "GET /c/$ID HTTP/1.1\r\n$H: v\r\n\r\n", 400},
	{"A12/no colon", "GET /c/$ID HTTP/1.1\r\n$HnoColon\r\n\r\n", 400},
	{"A12/no colon first", "GET /c/$ID HTTP/1.1\r\nnoColon\r\n$H\r\n", 400},
	{"A12/name in latin-1", "GET /c/$ID HTTP/1.1\r\n$HN\x85: v\r\n\r\n", 400},
	{"A12/tab in name", "GET /c/$ID HTTP/1.1\r\n$HContent\tLength: 9\r\n\r\n", 400},
	{"A12/space behind name", "GET /c/$ID HTTP/1.1\r\n$HX : y\r\n\r\n", 400},
	{"A12/line feed, carriage return", "GET /c/$ID HTTP/1.1\r\n$HX: y\n\r\n\r", 400},
	{"C10/bell", "GET /c/$ID HTTP/1.1\r\n$HX-Meta: \a\r\n\r\n", 400},
	{"C10/control", "GET /c/$ID HTTP/1.1\r\n$HX-Meta: a\x01b\r\n\r\n", 400},
	{"C10/line feed", "GET /c/$ID HTTP/1.1\r\n$HX-Meta: a\nb\r\n\r\n", 400},
}

// RFC 9112 section 3.
var requestLines = []refusal{
	{"A13/two spaces", "GET  /c/$ID HTTP/1.1\r\n$H\r\n", 400},
	{"A13/two spaces behind", "GET /c/$ID  HTTP/1.1\r\n$H\r\n", 400},
	{"A13/space first", " GET /c/$ID HTTP/1.1\r\n$H\r\n", 400},
	{"A13/space last", "GET /c/$ID HTTP/1.1 \r\n$H\r\n", 400},
	{"A13/tab", "GET\t/c/$ID HTTP/1.1\r\n$H\r\n", 400},
	{"A13/tab behind", "GET /c/$ID\tHTTP/1.1\r\n$H\r\n", 400},
	{"A13/space in target", "GET /c/$ID b HTTP/1.1\r\n$H\r\n", 400},
	{"A13/two targets", "GET /c/$ID HTTP/1.1 HTTP/1.1\r\n$H\r\n", 400},
	{"A13/lower case", "GET /c/$ID http/1.1\r\n$H\r\n", 400},
	{"A13/1.10", "GET /c/$ID HTTP/1.10\r\n$H\r\n", 400},
	{"A13/01.01", "GET /c/$ID HTTP/01.01\r\n$H\r\n", 400},
	{"A13/1", "GET /c/$ID HTTP/1\r\n$H\r\n", 400},
	{"A13/1.", "GET /c/$ID HTTP/1.\r\n$H\r\n", 400},
	{"A13/1.x", "GET /c/$ID HTTP/1.x\r\n$H\r\n", 400},
	{"A13/other name", "GET /c/$ID HTTQ/1.1\r\n$H\r\n", 400},
	{"A13/icap", "GET /c/$ID ICAP/1.0\r\n$H\r\n", 400},
	{"A13/comma", "GET /c/$ID HTTP/1,1\r\n$H\r\n", 400},
	{"A13/version with space", "GET /c/$ID HTTP /1.1\r\n$H\r\n", 400},
	{"A13/0.9", "GET /c/$ID\r\n", 400},
	{"A13/0.9 by name", "GET /c/$ID HTTP/0.9\r\n$H\r\n", 505},
	{"A13/1.2", "GET /c/$ID HTTP/1.2\r\n$H\r\n", 505},
	{"A13/2.0", "GET /c/$ID HTTP/2.0\r\n$H\r\n", 505},
	{"A13/preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
	{"A13/preface as 1.1", "PRI * HTTP/1.1\r\n$H\r\n", 400},
	{"A13/star", "GET * HTTP/1.1\r\n$H\r\n", 400},
	{"A13/fragment", "GET /c/$ID#f HTTP/1.1\r\n$H\r\n", 400},
	{"A13/fragment only", "GET /# HTTP/1.1\r\n$H\r\n", 400},
	{"A13/latin-1", "GET /c/$ID\xe9 HTTP/1.1\r\n$H\r\n", 400},
	{"A13/utf-8", "GET /c/$ID\u00e9 HTTP/1.1\r\n$H\r\n", 400},
	{"A13/nul", "GET /c/$ID\x00 HTTP/1.1\r\n$H\r\n", 400},
	{"A13/delete", "GET /c/$ID\x7f HTTP/1.1\r\n$H\r\n", 400},
	{"A13/backslash", "GET \\c\\$ID HTTP/1.1\r\n$H\r\n", 400},
	{"A13/backslash inside", "GET /c\\$ID HTTP/1.1\r\n$H\r\n", 400},
	{"A13/quotes", "GET /c/\"$ID\" HTTP/1.1\r\n$H\r\n", 400},
	{"A13/brackets", "GET /c/<$ID> HTTP/1.1\r\n$H\r\n", 400},
	{"A13/no slash", "GET c/$ID HTTP/1.1\r\n$H\r\n", 400},
	{"A13/query only", "GET ?$ID HTTP/1.1\r\n$H\r\n", 400},
	{"A13/no target", "GET HTTP/1.1\r\n$H\r\n", 400},
	{"A13/empty target", "GET  HTTP/1.1\r\n$H\r\n", 400},
	{"A13/broken escape", "GET /c/$ID%2 HTTP/1.1\r\n$H\r\n", 400},
	{"A13/escape of no digits", "GET /c/$ID%zz HTTP/1.1\r\n$H\r\n", 400},
	{"A13/no token", "G=\"x\" /c/$ID HTTP/1.1\r\n$H\r\n", 400},
	{"A13/colon in method", "GET: /c/$ID HTTP/1.1\r\n$H\r\n", 400},
	{"A13/slash in method", "GET/ /c/$ID HTTP/1.1\r\n$H\r\n", 400},
	{"A13/nul in method", "GE\x00T /c/$ID HTTP/1.1\r\n$H\r\n", 400},
	{"A13/two empty lines first", "\r\n\r\nGET /c/$ID HTTP/1.1\r\n$H\r\n", 400},
	{"A13/line feed first", "\nGET /c/$ID HTTP/1.1\r\n$H\r\n", 400},
	{"A13/fields only", "$H\r\n", 400},
	{"A13/TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03$ID\r\n\r\n", 400},
	{"A13/socks", "\x04\x01\x00\x50\x7f\x00\x00\x01\x00\r\n\r\n", 400},
	{"E12/proxy protocol 1", "PROXY TCP4 1.2.3.4 5.6.7.8 1 80\r\nGET /c/$ID HTTP/1.1\r\n$H\r\n", 400},
	{"E12/proxy protocol 2", "\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c\x01\x02\x03\x04\x05\x06\x07\x08\x00\x01\x00\x50GET /c/$ID HTTP/1.1\r\n$H\r\n", 400},
}

// RFC 9110 sections 9.3.6 and 9.3.8. Nobody but the admin listener purges.
var methods = []refusal{
	{"A24/connect", "CONNECT a.test:443 HTTP/1.1\r\n$H\r\n", 405},
	{"A24/connect to a path", "CONNECT /c/$ID HTTP/1.1\r\n$H\r\n", 405},
	{"A24/connect absolute", "CONNECT http://a.test/c/$ID HTTP/1.1\r\n$H\r\n", 405},
}

var overLimits = []refusal{
	{"A23/100 KB target", "GET /c/$ID" + strings.Repeat("a", 100_000) + " HTTP/1.1\r\n$H\r\n", 414},
	{"A23/17 KiB target", "GET /c/$ID" + strings.Repeat("a", 17<<10) + " HTTP/1.1\r\n$H\r\n", 414},
	{"A23/100 KB field", "GET /c/$ID HTTP/1.1\r\n$HX: " + strings.Repeat("a", 100_000) + "\r\n\r\n", 431},
	{"A23/100 KB of fields", "GET /c/$ID HTTP/1.1\r\n$H" + strings.Repeat("X: "+strings.Repeat("a", 1000)+"\r\n", 100) + "\r\n", 431},
	{"A23/10000 fields", "GET /c/$ID HTTP/1.1\r\n$H" + strings.Repeat("X: y\r\n", 10_000) + "\r\n", 431},
	{"A23/129 fields", "GET /c/$ID HTTP/1.1\r\n$H" + strings.Repeat("X: y\r\n", 128) + "\r\n", 431},
	{"A23/100 KB field name", "GET /c/$ID HTTP/1.1\r\n$H" + strings.Repeat("X", 100_000) + ": y\r\n\r\n", 431},
	{"A23/100 KB method", strings.Repeat("G", 100_000) + " /c/$ID HTTP/1.1\r\n$H\r\n", 400},
	{"A23/65 byte method", strings.Repeat("G", 65) + " /c/$ID HTTP/1.1\r\n$H\r\n", 400},
	{"A23/100 KB version", "GET /c/$ID HTTP/" + strings.Repeat("1", 100_000) + "\r\n$H\r\n", 414},
}

// takesByte sends one byte in a name, a value and a target: it must either be
// refused or reach the origin as it is.
func (w *world) takesByte(t *testing.T, b byte) {
	c := string([]byte{b})
	inValue := "GET /$ID HTTP/1.1\r\n$HX-Free: a" + c + "b\r\n\r\n"
	if isValue(c) {
		_, got := w.accepts(t, inValue, 200)
		if len(got) != 1 || got[0].fields.get("X-Free") != "a"+c+"b" {
			t.Errorf("the origin got %+v", got)
		}
	} else {
		w.refuses(t, inValue, 400)
	}
	inName := "GET /$ID HTTP/1.1\r\n$HX" + c + "Free: y\r\n\r\n"
	switch {
	case c == ":":
		w.accepts(t, inName, 200)
	case isToken(c):
		_, got := w.accepts(t, inName, 200)
		if len(got) != 1 || c != "_" && got[0].fields.get("X"+c+"Free") != "y" {
			t.Errorf("the origin got %+v", got)
		}
	default:
		w.refuses(t, inName, 400)
	}
	if b <= ' ' || b >= 0x7f || strings.IndexByte(`"#<>\%{}`+"`", b) >= 0 {
		w.refuses(t, "GET /$ID"+c+"b HTTP/1.1\r\n$H\r\n", 400)
	} else {
		_, got := w.accepts(t, "GET /$ID"+c+"b HTTP/1.1\r\n$H\r\n", 200)
		if len(got) != 1 || !strings.HasSuffix(got[0].target, c+"b") {
			t.Errorf("the origin got %+v", got)
		}
	}
}

// TestHeads holds many large heads that never end, and checks what they cost.
func TestHeads(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{listen: `head_timeout = "30s"`})
	const clients, mib = 64, 1 << 20
	var all []*client
	for range clients {
		c := w.dial(t, "127.0.0.1")
		all = append(all, c)
		c.send(t, "GET /"+newMark()+" HTTP/1.1\r\nHost: a.test\r\nX: "+strings.Repeat("a", 60<<10))
	}
	w.canary(t, 20)
	if now := w.footprint(t); now.resident > w.before.resident+clients*mib {
		t.Errorf("A23: %d heads of 60 KiB take %d MiB", clients, (now.resident-w.before.resident)/mib)
	}
	for _, c := range all {
		// What is over the limit is refused before the head ends.
		if _, err := io.WriteString(c.conn, strings.Repeat("a", 8<<10)); err != nil {
			t.Error(err)
		}
		if r := c.answer(t); r.status != 431 {
			t.Errorf("A23: a head of 68 KiB is answered %d", r.status)
		}
		c.close()
	}
}
