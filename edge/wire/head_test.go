package wire

import (
	"strings"
	"testing"
)

// RFC 9112 section 2.2: lines end in CRLF.
func TestHeadEnd(t *testing.T) {
	for _, c := range []struct {
		in    string
		n     int
		fault Fault
	}{
		{"", 0, None},
		{"G", 0, None},
		{"GET / HTTP/1.1\r", 0, None},
		{"GET / HTTP/1.1\r\n", 0, None},
		{"GET / HTTP/1.1\r\n\r", 0, None},
		{"GET / HTTP/1.1\r\n\r\n", 18, None},
		{"GET / HTTP/1.1\r\n\r\nGET", 18, None},
		{"GET / HTTP/1.1\r\nA: b\r\n\r\n\n", 24, None},
		{"\r\n", 2, None},
		{"\r\n\r\n", 2, None},
		{"\n", 0, BadLineEnd},
		{"GET / HTTP/1.1\n", 0, BadLineEnd},
		{"GET / HTTP/1.1\n\n", 0, BadLineEnd},
		{"GET / HTTP/1.1\r\nA: b\n", 0, BadLineEnd},
		{"GET / HTTP/1.1\r\n\n", 0, BadLineEnd},
		{"GET / HTTP/1.1\n\r\n", 0, BadLineEnd},
		{"GET / HTTP/1.1\r\r\n\r\n", 19, None}, // the bare CR is Parse's to find
	} {
		if n, fault := HeadEnd([]byte(c.in), 0); n != c.n || fault != c.fault {
			t.Errorf("%q: %d, %v, want %d, %v", c.in, n, fault, c.n, c.fault)
		}
		n, fault := headEndInSteps(c.in)
		if n != c.n || fault != c.fault {
			t.Errorf("%q, a byte at a time: %d, %v, want %d, %v", c.in, n, fault, c.n, c.fault)
		}
	}
}

func headEndInSteps(in string) (n int, fault Fault) {
	for size := 1; size <= len(in) && n == 0 && fault == None; size++ {
		n, fault = HeadEnd([]byte(in[:size]), size-1)
	}
	return n, fault
}

// RFC 9112 section 3, RFC 6585 section 5: what is too long.
func TestOverflow(t *testing.T) {
	for _, c := range []struct {
		in   string
		want Fault
	}{
		{strings.Repeat("M", 70000), BadMethod},
		{strings.Repeat("M", 65) + " /", BadMethod},
		{"GET /" + strings.Repeat("a", 70000), TargetTooLong},
		{"GET / HTTP/1.1\r\nA: " + strings.Repeat("a", 70000), HeadTooLarge},
	} {
		if got := Overflow([]byte(c.in)); got != c.want {
			t.Errorf("%.30q: %v, want %v", c.in, got, c.want)
		}
	}
}

func TestFaultsSpeak(t *testing.T) {
	for f := None; f < faultCount; f++ {
		if f.String() == "" || f.Status() == 0 {
			t.Errorf("fault %d has no phrase or no status", f)
		}
	}
}
