package semantics

import (
	"strings"
	"testing"
)

func TestContinues(t *testing.T) {
	for _, c := range []struct {
		name   string
		stored string
		status int
		lines  string
		want   bool
	}{
		{"the rest", `ETag: "a"`, 206, `ETag: "a"|Content-Range: bytes 4-9/10`, true},
		{"the whole", `ETag: "a"`, 200, `ETag: "a"`, false},
		{"another range", `ETag: "a"`, 206, `ETag: "a"|Content-Range: bytes 5-9/10`, false},
		{"less than the rest", `ETag: "a"`, 206, `ETag: "a"|Content-Range: bytes 4-8/10`, false},
		{"of another length", `ETag: "a"`, 206, `ETag: "a"|Content-Range: bytes 4-9/11`, false},
		{"of an unknown length", `ETag: "a"`, 206, `ETag: "a"|Content-Range: bytes 4-9/*`, false},
		{"another tag", `ETag: "a"`, 206, `ETag: "b"|Content-Range: bytes 4-9/10`, false},
		{"no tag", `ETag: "a"`, 206, `Content-Range: bytes 4-9/10`, false},
		{"weak", `ETag: W/"a"`, 206, `ETag: W/"a"|Content-Range: bytes 4-9/10`, false},
		{"several parts", `ETag: "a"`, 206, `ETag: "a"|Content-Type: multipart/byteranges; boundary=x`, false},
		{"not satisfiable", `ETag: "a"`, 416, `ETag: "a"|Content-Range: bytes */10`, false},
	} {
		o := stored(200, "0123456789", c.stored)
		if got := Continues(o, 4, c.status, parseLines(strings.Split(c.lines, "|")...)); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
