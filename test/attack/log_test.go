package attack

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"brink/test/brinktest"
)

// forged is a line that an attacker wants to write into the log.
const forged = `1.2.3.4 - - [01/Jan/2024:00:00:00 +0000] \"GET /forged HTTP/1.1\" 200 0`

// inLog are requests with bytes that could end, split or spoil a line of the log.
// The world compares lines and requests in the end.
var inLog = []struct {
	name, input string
	want        int
}{
	{"line feed in path", "GET /$ID%0a1.2.3.4%20-%20-%20forged HTTP/1.1\r\n$H\r\n", 200},
	{"line end in path", "GET /$ID%0d%0aforged HTTP/1.1\r\n$H\r\n", 200},
	{"control in path", "GET /$ID%01forged HTTP/1.1\r\n$H\r\n", 200},
	{"line feed in query", "GET /$ID?%0aforged HTTP/1.1\r\n$H\r\n", 200},
	{"quote in query", "GET /$ID?\",\"status\":200,\"x\":\" HTTP/1.1\r\n$H\r\n", 200},
	{"quote in agent", "GET /$ID HTTP/1.1\r\n$HUser-Agent: \",\"status\":999,\"x\":\"\r\n\r\n", 200},
	{"backslash in agent", "GET /$ID HTTP/1.1\r\n$HUser-Agent: \\\r\n\r\n", 200},
	{"backslashes in agent", "GET /$ID HTTP/1.1\r\n$HUser-Agent: \\\\\\\" \\u0022 \\n\r\n\r\n", 200},
	{"tab in agent", "GET /$ID HTTP/1.1\r\n$HUser-Agent: a\tb\r\n\r\n", 200},
	{"latin-1 in agent", "GET /$ID HTTP/1.1\r\n$HUser-Agent: \x80\x9b31m\xff\r\n\r\n", 200},
	{"line separator in agent", "GET /$ID HTTP/1.1\r\n$HUser-Agent: a\u2028b\u2029c\u0085d\r\n\r\n", 200},
	{"long agent", "GET /$ID HTTP/1.1\r\n$HUser-Agent: " + strings.Repeat("\"", 30<<10) + "\r\n\r\n", 200},
	{"long latin-1 agent", "GET /$ID HTTP/1.1\r\n$HUser-Agent: " + strings.Repeat("\xff", 30<<10) + "\r\n\r\n", 200},
	{"long referrer", "GET /$ID HTTP/1.1\r\n$HReferer: " + strings.Repeat("x", 30<<10) + "\r\n\r\n", 200},
	{"long target", "GET /$ID?" + strings.Repeat("\"", 16000) + " HTTP/1.1\r\n$H\r\n", 200},
	{"quote in request id", "GET /$ID HTTP/1.1\r\n$HX-Request-ID: \",\"status\":999\r\nTraceparent: \"\r\n\r\n", 200},
	{"long method", strings.Repeat("M", 64) + " /$ID HTTP/1.1\r\n$H\r\n", 200},
}

var notInLog = []refusal{
	{"E11/nul in path", "GET /c/$ID%00forged HTTP/1.1\r\n$H\r\n", 400},
	{"E11/nul in query", "GET /c/$ID?x=%00forged HTTP/1.1\r\n$H\r\n", 400},
	{"E11/line feed in agent", "GET /c/$ID HTTP/1.1\r\n$HUser-Agent: a\n" + forged + "\r\n\r\n", 400},
	{"E11/escape in agent", "GET /c/$ID HTTP/1.1\r\n$HUser-Agent: \x1b[31m\r\n\r\n", 400},
	{"E11/return in agent", "GET /c/$ID HTTP/1.1\r\n$HUser-Agent: a\rb\r\n\r\n", 400},
	{"E11/escape in method", "\x1b[31m /c/$ID HTTP/1.1\r\n$H\r\n", 400},
	{"E11/quote in host", "GET /c/$ID HTTP/1.1\r\nHost: a\"b\r\n\r\n", 400},
}

func TestLog(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	for _, r := range inLog {
		t.Run("E11/"+r.name, func(t *testing.T) {
			t.Parallel()
			w.accepts(t, r.input, r.want)
		})
	}
	w.refusesAll(t, notInLog)
	w.inspect = func(lines []line) {
		for _, l := range lines {
			if l.Status == 999 || len(l.UserAgent) > 8<<10 || strings.Contains(l.URL, "\n") {
				t.Errorf("E11: the log has %.200v", l)
			}
			if len(l.UserAgent) > 1<<10 && !l.Truncated {
				t.Errorf("E11: the log does not say that %.100v is cut", l)
			}
		}
	}
}

// TestCombinedLog does the same with the other format, whose lines have quotes
// but no structure to check.
func TestCombinedLog(t *testing.T) {
	t.Parallel()
	o := newRecorder(t)
	w := &world{origin: o, address: brinktest.FreeAddress(t)}
	w.mu.answers = map[int]int{}
	conf := strings.Replace(fmt.Sprintf(standardConf, w.address, "", `memory = "32MiB"`, o.address, "", "", ""), "access =", "format = \"combined\"\n  access =", 1)
	w.node = brinktest.Start(t, conf)
	for _, r := range inLog {
		w.accepts(t, r.input, r.want)
	}
	for _, r := range notInLog {
		w.refuses(t, r.input, r.want)
	}
	w.node.Stop(t)
	n := 0
	for _, answers := range w.mu.answers {
		n += answers
	}
	text := readFile(t, filepath.Join(w.node.Dir, "access.log"))
	if lines := strings.Count(text, "\n"); lines != n {
		t.Errorf("E11: %d answers, %d lines", n, lines)
	}
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if strings.ContainsFunc(line, func(r rune) bool { return r < ' ' || r > '~' }) || quotes(line)%2 != 0 || len(line) > 40<<10 {
			t.Errorf("E11: the log has %.200q", line)
		}
	}
}

// quotes counts the quotes of a line that are not escaped.
func quotes(line string) (n int) {
	for i := 0; i < len(line); i++ {
		switch line[i] {
		case '\\':
			i++
		case '"':
			n++
		}
	}
	return n
}
