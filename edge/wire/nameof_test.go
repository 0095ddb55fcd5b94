package wire

import (
	"strings"
	"testing"
)

// RFC 9110 section 5.1: field names are case-insensitive.
func TestNameOf(t *testing.T) {
	for n := Other + 1; n < nameCount; n++ {
		s := n.String()
		for _, spelling := range []string{s, strings.ToLower(s), strings.ToUpper(s)} {
			if got := NameOf([]byte(spelling)); got != n {
				t.Errorf("NameOf(%q) = %v", spelling, got)
			}
		}
	}
}

// A name that differs in one byte is another name.
func TestNameOfTellsApart(t *testing.T) {
	for n := Other + 1; n < nameCount; n++ {
		for i := range len(n.String()) {
			for c := range 256 {
				b := []byte(n.String())
				b[i] = byte(c)
				want := NameOf(b)
				if got := slowNameOf(b); got != want {
					t.Fatalf("NameOf(%q) = %v, want %v", b, want, got)
				}
			}
		}
		for _, b := range []string{n.String() + "x", "x" + n.String(), n.String()[1:], n.String()[:len(n.String())-1]} {
			if got, want := NameOf([]byte(b)), slowNameOf([]byte(b)); got != want {
				t.Fatalf("NameOf(%q) = %v, want %v", b, got, want)
			}
		}
	}
	if NameOf(nil) != Other || NameOf(make([]byte, 300)) != Other {
		t.Error("NameOf knows what no name is")
	}
}

func slowNameOf(b []byte) Name {
	for n := Other + 1; n < nameCount; n++ {
		if EqualFold(b, n.String()) {
			return n
		}
	}
	return Other
}

func BenchmarkNameOf(b *testing.B) {
	names := [...][]byte{[]byte("Host"), []byte("User-Agent"), []byte("Accept-Encoding"), []byte("X-Unknown-Thing")}
	for i := 0; b.Loop(); i++ {
		if NameOf(names[i&3]) == 255 {
			b.Fatal()
		}
	}
}
