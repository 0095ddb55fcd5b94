package semantics

import (
	"strconv"
	"strings"
	"testing"

	"brink/edge/message"
	"brink/edge/wire"
	"brink/store"
)

// testNow is when responses are received in tests: 2030-03-17 17:46:40 UTC.
const testNow = 1900000000 * store.Second

var atOnce = Times{Asked: testNow, Answered: testNow}

// fieldsAt makes fields of lines with "|" between them. In values "@-10" is
// the date ten seconds before testNow.
func fieldsAt(lines string) *wire.Fields {
	f := new(wire.Fields)
	if lines == "" {
		return f
	}
	for _, line := range strings.Split(lines, "|") {
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		if offset, err := strconv.ParseInt(strings.TrimPrefix(value, "@"), 10, 64); err == nil && strings.HasPrefix(value, "@") {
			value = string(AppendDate(nil, unixOf(testNow)+offset))
		}
		f.Append([]byte(name), []byte(value))
	}
	return f
}

// getAt makes a GET of a URL in canonical form.
func getAt(t testing.TB, url, lines string) *message.Request {
	t.Helper()
	scheme, rest, _ := strings.Cut(url, "://")
	host, target, _ := strings.Cut(rest, "/")
	r := &message.Request{Method: message.GET, Protocol: message.HTTP11, Fields: *fieldsAt(lines)}
	_, fault := message.ParseURL(&r.URL, scheme, []byte(host), []byte("/"+target), nil)
	if fault != message.URLOK {
		t.Fatalf("%s: %s", url, fault)
	}
	return r
}

func seconds(n int64) *store.Instant {
	d := store.Instant(n) * store.Second
	return &d
}

func answerAt(status int, lines string) *Response {
	return &Response{Status: status, Fields: fieldsAt(lines), Length: -1}
}
