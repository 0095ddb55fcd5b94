package attack

import (
	"fmt"
	"io"
	"strings"
	"testing"
)

// request as content: what must never be taken for a request.
const smuggled = "GET /smuggled$ID HTTP/1.1\r\nHost: a.test\r\nX: y\r\n\r\n"

// TestUnread sends content to requests that are answered without reading it
// (CVE-2025-4366): it is skipped, or the connection ends.
func TestUnread(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{
		site: `
  purge { allow = ["127.0.0.0/8"] }
  path "/away/**" {
    redirect { to = "/elsewhere" }
  }
  path "/fixed/**" {
    respond { body = "fixed" }
  }`,
		routes: []route{{prefix: "/etag/", serve: func(a *answer, q *seen) { a.ok(q, "ETag: \"x\"\r\nCache-Control: max-age=600\r\n") }}},
	})
	w.victim(t, "/c/warm")
	w.victim(t, "/etag/warm")
	for _, r := range []struct {
		name, start string
		want        int
	}{
		{"hit", "GET /c/warm HTTP/1.1\r\n$H", 200},
		{"head hit", "HEAD /c/warm HTTP/1.1\r\n$H", 200},
		{"not modified", "GET /etag/warm HTTP/1.1\r\n$HIf-None-Match: \"x\"\r\n", 200},
		{"range", "GET /c/warm HTTP/1.1\r\n$HRange: bytes=0-0\r\n", 200},
		{"redirect", "GET /away/$ID HTTP/1.1\r\n$H", 302},
		{"redirect post", "POST /away/$ID HTTP/1.1\r\n$H", 302},
		{"fixed", "GET /fixed/$ID HTTP/1.1\r\n$H", 200},
		{"unknown host", "POST /c/$ID HTTP/1.1\r\nHost: evil.test\r\n", 421},
		{"trace", "TRACE /c/$ID HTTP/1.1\r\n$H", 405},
		{"purge", "PURGE /c/$ID HTTP/1.1\r\n$H", 200},
		{"purge by a pattern", "PURGE /c/*.css HTTP/1.1\r\n$H", 501},
		{"purge refused", "PURGE /c/warm HTTP/1.1\r\n$HX-Forwarded-For: 127.0.0.1\r\n", 405},
		{"loop", "GET /c/$ID HTTP/1.1\r\n$HCDN-Loop: \"\r\n", 400},
		{"only if cached", "GET /c/$ID HTTP/1.1\r\n$HCache-Control: only-if-cached\r\n", 504},
		{"expectation", "POST /c/$ID HTTP/1.1\r\n$HExpect: x\r\n", 417},
		{"bad target", "POST /c/\\$ID HTTP/1.1\r\n$H", 400},
		{"connect", "CONNECT a.test:80 HTTP/1.1\r\n$H", 405},
	} {
		for _, c := range []struct{ name, content string }{
			{"by length", fmt.Sprintf("Content-Length: %d\r\n\r\n%s", size(smuggled), smuggled)},
			{"by chunks", fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", size(smuggled), smuggled)},
			{"large", fmt.Sprintf("Content-Length: %d\r\n\r\n%s", 10_000*size(smuggled), strings.Repeat(smuggled, 10_000))},
			{"large by chunks", "Transfer-Encoding: chunked\r\n\r\n" + strings.Repeat(fmt.Sprintf("%x\r\n%s\r\n", size(smuggled), smuggled), 10_000) + "0\r\n\r\n"},
		} {
			t.Run("A05/"+r.name+" "+c.name, func(t *testing.T) {
				t.Parallel()
				w.skips(t, r.start+c.content, r.want)
			})
		}
	}
}

// skips checks that an input is one request with a known answer, behind which
// the connection goes on with the sentinel or ends.
func (w *world) skips(t *testing.T, text string, want int) {
	t.Helper()
	mark := newMark()
	tr := w.talk(t, input(text+sentinel, mark), methodsOf(text)...)
	n := len(tr.whole)
	if n < 1 || n > 2 || tr.whole[0].status != want || tr.end != "closed" && tr.end != "reset" || tr.part != nil {
		t.Fatalf("answers are %s, want %d and perhaps the sentinel's", tr, want)
	}
	if n == 2 && tr.whole[1].token() != "/sentinel"+mark {
		t.Fatalf("the second answer is for %q", tr.whole[1].token())
	}
	w.unharmed(t, mark, 5)
}

// earlyAnswer answers before it has read the content, and then goes on to read
// it: a connection that is used again in between belongs to the content.
func earlyAnswer(status string) func(*answer, *seen) {
	return func(a *answer, q *seen) { a.reply(q, status, "Cache-Control: no-store\r\n", "early\n") }
}

// TestEarly has the origin, or the node, answer while the content is still on
// its way.
func TestEarly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{
		listen: `max_body = "1MiB"`,
		routes: []route{
			{prefix: "/early/417", early: true, serve: earlyAnswer("417 Expectation Failed")},
			{prefix: "/early/200", early: true, serve: earlyAnswer("200 OK")},
			{prefix: "/early/401", early: true, serve: earlyAnswer("401 Unauthorized")},
		},
		loose: true,
	})
	for _, status := range []int{417, 200, 401} {
		for _, c := range []struct{ name, lines string }{
			{"by length", "Content-Length: 100000\r\n"},
			{"by chunks", "Transfer-Encoding: chunked\r\n"},
		} {
			t.Run(fmt.Sprintf("A20/%d %s", status, c.name), func(t *testing.T) {
				t.Parallel()
				w.withholds(t, status, "POST /early/%d/$ID HTTP/1.1\r\n$HExpect: 100-continue\r\n"+c.lines+"\r\n")
			})
		}
		t.Run(fmt.Sprintf("A22/%d", status), func(t *testing.T) {
			t.Parallel()
			body := strings.Repeat(smuggled, 900_000/size(smuggled))
			w.skips(t, fmt.Sprintf("POST /early/%d/$ID HTTP/1.1\r\n$HContent-Length: %d\r\n\r\n%s", status, size(body), body), status)
		})
	}
	for _, c := range []struct{ name, content string }{
		{"A22/413", fmt.Sprintf("Content-Length: %d\r\n\r\n%s", 200_000*size(smuggled), strings.Repeat(smuggled, 200_000))},
		{"A22/413 by chunks", "Transfer-Encoding: chunked\r\n\r\n" + strings.Repeat(fmt.Sprintf("%x\r\n%s\r\n", size(smuggled), smuggled), 200_000) + "0\r\n\r\n"},
		{"A22/413 with expectation", "Expect: 100-continue\r\nContent-Length: 10000000\r\n\r\n" + strings.Repeat(smuggled, 1000)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w.refusesContent(t, "POST /c/$ID HTTP/1.1\r\n$H"+c.content)
		})
	}
}

// withholds asks to send content, gets an early answer and sends none.
func (w *world) withholds(t *testing.T, status int, head string) {
	t.Helper()
	mark := newMark()
	c := w.dial(t, "127.0.0.1")
	defer c.close()
	c.send(t, input(fmt.Sprintf(head, status), mark))
	if r := c.answer(t); r.status != status {
		t.Fatalf("answered %d, want %d", r.status, status)
	}
	// The origin still waits for content on its connection.
	w.canary(t, 20)
	// The content may come late, as a request: it must not be taken for one.
	_, _ = io.WriteString(c.conn, input(smuggled+sentinel, mark))
	if tr := c.hear(); len(tr.whole) != 0 || tr.part != nil {
		t.Errorf("content that comes late is answered %s", tr)
	}
	w.unharmed(t, mark, 20)
}

// refusesContent checks that content over the limit is answered 413, that the
// client gets to read it, and that nothing of the content is a request.
func (w *world) refusesContent(t *testing.T, text string) {
	t.Helper()
	mark := newMark()
	tr := w.talk(t, input(text+sentinel, mark))
	if len(tr.whole) != 1 || tr.whole[0].status != 413 || tr.end != "closed" && tr.end != "reset" {
		t.Fatalf("answers are %s, want 413", tr)
	}
	w.unharmed(t, mark, 20)
}

// TestExpect has requests with "Expect: 100-continue" take their usual course.
func TestExpect(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	for _, n := range []int{5, 100_000} {
		t.Run(fmt.Sprintf("A20/%d bytes", n), func(t *testing.T) {
			t.Parallel()
			mark := newMark()
			c := w.dial(t, "127.0.0.1")
			defer c.close()
			c.send(t, input(fmt.Sprintf("POST /$ID HTTP/1.1\r\n$HExpect: 100-continue\r\nContent-Length: %d\r\n\r\n", n), mark))
			m, err := c.src.head()
			if err != nil || m.start != "HTTP/1.1 100 Continue" {
				t.Fatalf("asked to go on with %q, %v", m.start, err)
			}
			c.send(t, strings.Repeat("x", n))
			r := c.answer(t)
			got := w.origin.of(mark)
			if r.status != 200 || len(got) != 1 || got[0].length != n || got[0].fields.get("Expect") != "" {
				t.Errorf("answered %d, the origin got %+v", r.status, got)
			}
			w.unharmed(t, mark, 20)
		})
	}
	t.Run("A20/1.0", func(t *testing.T) {
		t.Parallel()
		_, got := w.accepts(t, "POST /$ID HTTP/1.0\r\n$HExpect: 100-continue\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello", 200)
		if len(got) != 1 || got[0].body != "hello" {
			t.Errorf("the origin got %+v", got)
		}
	})
	w.refusesAll(t, []refusal{
		{"A20/unknown", "POST /c/$ID HTTP/1.1\r\n$HExpect: foo\r\nContent-Length: 5\r\n\r\nhello", 417},
		{"A20/empty", "POST /c/$ID HTTP/1.1\r\n$HExpect:\r\nContent-Length: 5\r\n\r\nhello", 417},
		{"A20/with parameter", "POST /c/$ID HTTP/1.1\r\n$HExpect: 100-continue;x=y\r\nContent-Length: 5\r\n\r\nhello", 417},
		{"A20/without content", "GET /c/$ID HTTP/1.1\r\n$HExpect: foo\r\n\r\n", 417},
	})
}
