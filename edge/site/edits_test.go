package site

import (
	"fmt"
	"strings"
	"testing"

	"brink/conf"
	"brink/edge/wire"
)

func TestEdits(t *testing.T) {
	e := compileEdits(conf.Edits{
		Remove: []string{"X-Gone", "COOKIE"},
		Set:    []conf.Field{{Name: "X-Set", Value: "new"}, {Name: "Accept-Encoding", Value: "br"}},
	})
	for _, c := range []struct{ in, want string }{
		{"", "X-Set: new|Accept-Encoding: br"},
		{"X-Kept: 1|x-gone: 2|Cookie: a=b|Cookie: c=d", "X-Kept: 1|X-Set: new|Accept-Encoding: br"},
		{"X-SET: old|Via: x|X-Set: older", "Via: x|X-Set: new|Accept-Encoding: br"},
		{"Accept-Encoding: gzip|Via: x", "Via: x|X-Set: new|Accept-Encoding: br"},
	} {
		var f wire.Fields
		var src, dst wire.Head
		src.Begin(200)
		for line := range strings.SplitSeq(c.in, "|") {
			if name, value, ok := strings.Cut(line, ": "); ok {
				f.Append([]byte(name), []byte(value))
				src.AddString(name, value)
			}
		}
		e.Apply(&f)
		var got []string
		for i := range f.List {
			got = append(got, fmt.Sprintf("%s: %s", f.List[i].Name, f.List[i].Value))
		}
		if joined := strings.Join(got, "|"); joined != c.want {
			t.Errorf("fields of %q: %q, want %q", c.in, joined, c.want)
		}
		if string(f.Get(wire.AcceptEncoding)) != "br" || f.Has(wire.Cookie) || f.Has(wire.Via) != strings.Contains(c.in, "Via") {
			t.Errorf("index of %q is wrong", c.in)
		}
		e.Render(&dst, &src, wire.Other)
		want := "HTTP/1.1 200 OK\r\n" + strings.ReplaceAll(c.want, "|", "\r\n") + "\r\n"
		if string(dst.Block) != want || dst.Status != 200 {
			t.Errorf("head of %q: %q", c.in, dst.Block)
		}
	}
}
