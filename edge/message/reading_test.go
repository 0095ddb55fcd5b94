package message

import (
	"strings"
	"testing"
)

func TestAppendReading(t *testing.T) {
	for _, c := range []struct {
		path string
		want string // of each n, the same as the one before if there are fewer
	}{
		{"/", "/"},
		{"/a/b", "/a/b"},
		{"/a/", "/a/"},
		{"/a;x/b;y=1", "/a/b"},
		{"/a;x/", "/a/"},
		{"/;x/a", "/a"},
		{"/;x", "/"},
		{"/a%3Bx/b", "/a%3Bx/b /a/b"},
		{"/a/..;x/b", "/b"},
		{"/a%252Fb", "/a%252Fb /a%252Fb /a/b"}, // the first is matched as it stands, the second decoded and written anew
		{"/s/..%252fa", "/s/..%252fa /s/..%252fa /a"},
		{"/s/..%25252fa", "/s/..%25252fa /s/..%25252fa /s/..%252fa /a"},
		{"/a%255Cb", "/a%255Cb /a%255Cb /a/b"},
		{"/a%253Fb", "/a%253Fb /a%253Fb /a"},
		{"/a%2500b", "/a%2500b /a%2500b /a"},
		{"/a./b..", "/a/b"},
		{"/a%20/b", "/a%20/b /a/b"},
		{"/a%20b/%C3%A9", "/a%20b/%C3%A9"},
		{"/100%25", "/100%25"},
		{"/../..;/a", "/a"},
		{"/a//b", "/a/b"},
	} {
		want := strings.Fields(c.want)
		for n := range Readings {
			got := string(AppendReading([]byte("x"), []byte(c.path), n))
			expected := "x" + want[min(n, len(want)-1)]
			// Escapes that are decoded are written in upper case.
			if !strings.EqualFold(got, expected) {
				t.Errorf("reading %d of %s is %s, want %s", n, c.path, got, expected)
			}
		}
	}
}

func TestAppendReadingIsARulesPath(t *testing.T) {
	var u URL
	buf := make([]byte, 0, 1024)
	path := []byte("/a;b/%253Bc/d%20/e.")
	if n := testing.AllocsPerRun(100, func() { buf = AppendReading(buf[:0], path, 2) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if _, fault := ParseURL(&u, "http", []byte("a.test"), buf, nil); fault != URLOK || string(u.Path) != string(buf) {
		t.Errorf("%s is parsed as %s, %s", buf, u.Path, fault)
	}
}
