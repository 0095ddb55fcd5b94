package message

import (
	"strings"
	"testing"
)

func TestDetailOf(t *testing.T) {
	for in, want := range map[string]string{
		"20/10": "20/10", "X-Odd": "X-Odd", "a b": "a b", "a\r\nb\x00é\x7f": "a??b????", "": "",
		strings.Repeat("a", 200): strings.Repeat("a", 100),
	} {
		if got := DetailOf(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
		if got := DetailOf([]byte(in)); got != want {
			t.Errorf("bytes %q: %q, want %q", in, got, want)
		}
	}
}
