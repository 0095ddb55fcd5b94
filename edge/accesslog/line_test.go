package accesslog

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"brink/edge/message"
	"brink/store"
)

// at is 2026-11-21T23:59:58.007Z.
const at = store.Instant(1795305598007654321)

func plainHit() *Entry {
	return &Entry{
		Time:     at,
		Duration: 21500 * time.Nanosecond,
		Client:   netip.MustParseAddr("192.0.2.7"),
		Site:     "shop",
		Verb:     []byte("GET"),
		Scheme:   "http",
		Host:     []byte("shop.example.com"),
		Target:   []byte("/static/a.css?v=3"),
		Protocol: message.HTTP11,
		Status:   200,
		Bytes:    1024,
		Age:      12,
		Cache:    &message.CacheStatus{Outcome: message.Hit, TTL: 48, HasTTL: true},
	}
}

func fullMiss() *Entry {
	e := plainHit()
	e.Client = netip.MustParseAddr("2001:db8::1")
	e.Protocol = message.HTTP2
	e.Age = -1
	e.Cache = &message.CacheStatus{Outcome: message.Miss, Reason: message.ReasonExpired,
		Store: message.ReasonSetCookie, Fetched: true, Collapsed: true, FwdStatus: 200, TTL: -3, HasTTL: true}
	e.Referer = []byte("https://www.example.com/")
	e.UserAgent = []byte(`Mozilla/5.0 (X11; "quoted")`)
	e.RequestID = []byte("5f1e")
	e.Traceparent = []byte("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	e.Rule = "/static/**"
	return e
}

func tooLarge() *Entry {
	e := plainHit()
	e.Cache = &message.CacheStatus{Outcome: message.Miss, Reason: message.ReasonURIMiss, Store: message.ReasonTooLarge, Detail: "20/10"}
	return e
}

// refused is a head that never became a request.
func refused() *Entry {
	return &Entry{Time: at, Client: netip.MustParseAddr("::ffff:192.0.2.7"), Age: -1, Status: 400,
		Protocol: message.HTTP11, Cache: &message.CacheStatus{Reason: message.ReasonBadRequest}}
}

func encodeJSON(e *Entry) string { return string(jsonLine(nil, &clock{}, []byte("edge-1"), e)) }

func encodeCombined(e *Entry) string { return string(combinedLine(nil, &clock{}, e)) }

// conf/README.md has all fields, in their order.
func TestJSONFieldsAreDocumented(t *testing.T) {
	page, err := os.ReadFile("../../conf/README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "The fields of a line in the format `json`")
	var documented []string
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| ").FindAllStringSubmatch(table, -1) {
		documented = append(documented, m[1])
	}
	e := fullMiss()
	e.Age, e.Cache.Detail, e.Target = 1, "sid", bytes.Repeat([]byte("/x"), maxField)
	var fields []string
	for _, m := range regexp.MustCompile(`[{,]"([a-z_]+)":`).FindAllStringSubmatch(encodeJSON(e), -1) {
		fields = append(fields, m[1])
	}
	if !slices.Equal(fields, documented) {
		t.Errorf("the log has %v, conf/README.md %v", fields, documented)
	}
}

func TestJSON(t *testing.T) {
	const head = `{"time":"2026-11-21T23:59:58.007Z","node":"edge-1",`
	for _, c := range []struct {
		name string
		e    *Entry
		want string
	}{
		{"hit", plainHit(), `"site":"shop","client":"192.0.2.7","method":"GET","url":"http://shop.example.com/static/a.css?v=3","protocol":"HTTP/1.1","status":200,"bytes":1024,"duration_us":21,"outcome":"hit","reason":"none","collapsed":false,"ttl":48,"age":12}`},
		{"miss", fullMiss(), `"site":"shop","client":"2001:db8::1","method":"GET","url":"http://shop.example.com/static/a.css?v=3","protocol":"HTTP/2","status":200,"bytes":1024,"duration_us":21,"outcome":"miss","reason":"expired","store_reason":"set-cookie","collapsed":true,"fwd_status":200,"ttl":-3,"referer":"https://www.example.com/","user_agent":"Mozilla/5.0 (X11; \"quoted\")","request_id":"5f1e","traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01","rule":"/static/**"}`},
		{"too large", tooLarge(), `"site":"shop","client":"192.0.2.7","method":"GET","url":"http://shop.example.com/static/a.css?v=3","protocol":"HTTP/1.1","status":200,"bytes":1024,"duration_us":21,"outcome":"miss","reason":"uri-miss","store_reason":"too-large","detail":"20/10","collapsed":false,"age":12}`},
		{"refused", refused(), `"site":"","client":"192.0.2.7","method":"","url":"","protocol":"HTTP/1.1","status":400,"bytes":0,"duration_us":0,"outcome":"refused","reason":"bad-request","collapsed":false}`},
	} {
		if got := encodeJSON(c.e); got != head+c.want+"\n" {
			t.Errorf("%s:\n got %s\nwant %s%s", c.name, got, head, c.want)
		}
	}
}

func TestCombined(t *testing.T) {
	for _, c := range []struct {
		name string
		e    *Entry
		want string
	}{
		{"hit", plainHit(), `192.0.2.7 - - [21/Nov/2026:23:59:58 +0000] "GET /static/a.css?v=3 HTTP/1.1" 200 1024 "-" "-"`},
		{"miss", fullMiss(), `2001:db8::1 - - [21/Nov/2026:23:59:58 +0000] "GET /static/a.css?v=3 HTTP/2" 200 1024 "https://www.example.com/" "Mozilla/5.0 (X11; \"quoted\")"`},
		{"refused", refused(), `192.0.2.7 - - [21/Nov/2026:23:59:58 +0000] "-" 400 - "-" "-"`},
	} {
		if got := encodeCombined(c.e); got != c.want+"\n" {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}

func TestEscape(t *testing.T) {
	for _, c := range []struct{ in, json, quoted string }{
		{"", "", ""},
		{"plain ~text", "plain ~text", "plain ~text"},
		{`"\`, `\"\\`, `\"\\`},
		{"a\r\nb", `a\u000d\u000ab`, `a\x0d\x0ab`},
		{"\x1b[2J\x00\x7f", `\u001b[2J\u0000\u007f`, `\x1b[2J\x00\x7f`},
		{"\u009b31m", `\u009b31m`, `\xc2\x9b31m`}, // the eight-bit CSI
		{"é\u202e\u2028", `\u00e9\u202e\u2028`, `\xc3\xa9\xe2\x80\xae\xe2\x80\xa8`},
		{"😀", `\ud83d\ude00`, `\xf0\x9f\x98\x80`},
		{"\xe9t\xc3", `\u00e9t\u00c3`, `\xe9t\xc3`}, // not UTF-8
		{"\ufffd", `\ufffd`, `\xef\xbf\xbd`},
	} {
		if got, _ := appendJSON(nil, c.in); string(got) != c.json {
			t.Errorf("JSON of %q: %s, want %s", c.in, got, c.json)
		}
		if got := appendQuoted(nil, []byte(c.in)); string(got) != c.quoted {
			t.Errorf("quoted %q: %s, want %s", c.in, got, c.quoted)
		}
	}
}

func TestTruncate(t *testing.T) {
	for _, c := range []struct {
		unit string
		cut  int // length of what is left of many of them, as JSON
	}{
		{"a", maxField}, {"\n", maxField / 6 * 6}, {"ab\x1b", maxField / 8 * 8}, {"😀", maxField / 12 * 12}, {"\xff", maxField / 6 * 6},
	} {
		long := strings.Repeat(c.unit, 64<<10)
		got, cut := appendJSON([]byte("before"), long)
		if len(got) != len("before")+c.cut || !cut {
			t.Errorf("%q: %d bytes (cut: %v), want %d", c.unit, len(got)-len("before"), cut, c.cut)
		}
		var s string
		if err := json.Unmarshal([]byte(`"`+string(got)+`"`), &s); err != nil {
			t.Errorf("%q: %v", c.unit, err)
		}
		if n := len(appendQuoted(nil, long)); n > maxField || n < maxField-4 {
			t.Errorf("%q: %d bytes quoted", c.unit, n)
		}
	}
	if got, cut := appendJSON(nil, strings.Repeat("a", maxField)); len(got) != maxField || cut {
		t.Errorf("a field that fits: %d bytes (cut: %v)", len(got), cut)
	}
	e := plainHit()
	e.UserAgent = bytes.Repeat([]byte("a"), maxField+1)
	if line := encodeJSON(e); !strings.HasSuffix(line, `,"truncated":true}`+"\n") {
		t.Errorf("a cut line does not say so: ...%s", line[len(line)-40:])
	}
}

func TestClock(t *testing.T) {
	var c clock
	for _, x := range []struct {
		t            store.Instant
		json, common string
	}{
		{at, "2026-11-21T23:59:58.007Z", "21/Nov/2026:23:59:58 +0000"},
		{at + store.Second/2, "2026-11-21T23:59:58.507Z", "21/Nov/2026:23:59:58 +0000"},
		{at + 2*store.Second, "2026-11-22T00:00:00.007Z", "22/Nov/2026:00:00:00 +0000"},
		{at, "2026-11-21T23:59:58.007Z", "21/Nov/2026:23:59:58 +0000"}, // lines are not in order
		{0, "1970-01-01T00:00:00.000Z", "01/Jan/1970:00:00:00 +0000"},
		{-1, "1969-12-31T23:59:59.999Z", "31/Dec/1969:23:59:59 +0000"},
	} {
		if got := string(c.appendRFC3339(nil, x.t)); got != x.json {
			t.Errorf("%d: %s, want %s", x.t, got, x.json)
		}
		if got := string(c.appendCommon(nil, x.t)); got != x.common {
			t.Errorf("%d: %s, want %s", x.t, got, x.common)
		}
	}
	if got := string(new(clock).appendRFC3339(nil, 0)); got != "1970-01-01T00:00:00.000Z" {
		t.Errorf("a new clock at the epoch: %s", got)
	}
}

// The oracle of FuzzLine is encoding/json: a line parses and gives back what
// went in. Whatever that was, it is one line of printable ASCII.
func FuzzLine(f *testing.F) {
	f.Add([]byte("GET"), []byte("/\x00\r\n1.2.3.4"), []byte("\x1b[31m\"\\é😀\xff"), "site")
	f.Fuzz(func(t *testing.T, verb, target, agent []byte, site string) {
		e := plainHit()
		e.Verb, e.Target, e.UserAgent, e.Site = verb, target, agent, site
		line := encodeJSON(e)
		checkLine(t, line)
		checkLine(t, encodeCombined(e))
		var got map[string]any
		if err := json.Unmarshal([]byte(line), &got); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if got["truncated"] == true {
			return
		}
		if got["method"] != latin(verb) || got["site"] != latin([]byte(site)) || got["url"] != "http://shop.example.com"+latin(target) {
			t.Errorf("%q %q %q became %s", verb, target, site, line)
		}
		if agent := latin(agent); agent != "" && got["user_agent"] != agent {
			t.Errorf("%q became %s", agent, line)
		}
	})
}

func checkLine(t *testing.T, line string) {
	t.Helper()
	body, ok := strings.CutSuffix(line, "\n")
	if !ok {
		t.Errorf("no newline at the end: %q", line)
	}
	for _, c := range []byte(body) {
		if c < ' ' || c > '~' {
			t.Fatalf("byte %#x in %q", c, line)
		}
	}
}

// latin returns b with each byte that is not UTF-8 as the code point of its
// value.
func latin(b []byte) string {
	var s strings.Builder
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			r = rune(b[0])
		}
		s.WriteRune(r)
		b = b[n:]
	}
	return s.String()
}
