package http1

import "testing"

func TestPipelined(t *testing.T) {
	s := start(t, new(fake), Config{})
	got := s.talk("GET /a HTTP/1.1\r\nHost: h\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\n")
	if want := ok("GET h /a\n") + ok("GET h /b\n"); got != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
}
