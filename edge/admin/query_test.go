package admin

import (
	"errors"
	"fmt"
	"testing"

	"brink/edge"
)

func TestQuery(t *testing.T) {
	n := &fakeNode{}
	s := server(n, "")
	for _, c := range []struct {
		target string
		want   string // the query as asked, or "" for 400
	}{
		{"/v1/explain?url=http%3A%2F%2Fa.test%2Fx%3Fy%3D1", "{http://a.test/x?y=1 GET [] false}"},
		{"/v1/explain?url=https://a.test/&method=HEAD&ask=1", "{https://a.test/ HEAD [] true}"},
		{"/v1/explain?url=http://a.test/&header=Accept-Encoding:+gzip&header=Cookie:a%3Db:c", "{http://a.test/ GET [{Accept-Encoding gzip} {Cookie a=b:c}] false}"},
		{"/v1/explain?url=http://a.test/&header=Accept:", "{http://a.test/ GET [{Accept }] false}"},
		{"/debug/object?url=http://a.test/&header=Accept-Language:de", "{http://a.test/ GET [{Accept-Language de}] false}"},
		{"/v1/explain", ""},
		{"/v1/explain?url=/x", ""},
		{"/v1/explain?url=//a.test/x", ""},
		{"/v1/explain?url=ftp://a.test/x", ""},
		{"/v1/explain?url=http://a.test/x&url=http://b.test/", ""},
		{"/v1/explain?url=http://a.test/x?a=1&b=2", ""}, // the client did not escape
		{"/v1/explain?url=http://a.test/&method=G%20T", ""},
		{"/v1/explain?url=http://a.test/&header=Accept", ""},
		{"/v1/explain?url=http://a.test/&header=:x", ""},
		{"/v1/explain?url=http://a.test/&header=A%20b:x", ""},
		{"/v1/explain?url=http://a.test/&header=A:x%0D%0AB:y", ""},
		{"/v1/explain?url=http://a.test/%zz", ""},
		{"/v1/explain?url=%zz", ""},
		{"/debug/object?url=http://a.test/&method=HEAD", ""},
		{"/debug/object?url=http://a.test/&ask=1", ""},
	} {
		n.asked = edge.Question{}
		w := call(s, "GET", c.target)
		if c.want == "" {
			wantError(t, c.target, w, 400, "bad_parameter")
		} else if got := fmt.Sprint(n.asked); w.Code != 200 || got != c.want {
			t.Errorf("%s: %d asked %s, want %s", c.target, w.Code, got, c.want)
		}
	}
	if w := call(s, "GET", "/debug/disk"); w.Code != 200 || compact(t, w) != `{"segments":3}` {
		t.Errorf("disk: %d %s", w.Code, w.Body)
	}
	n.missing = true
	wantError(t, "disk", call(s, "GET", "/debug/disk"), 404, "no_disk")
	wantError(t, "object", call(s, "GET", "/debug/object?url=http://a.test/"), 404, "not_stored")
	n.explain = errors.New("cannot explain")
	wantError(t, "explain", call(s, "GET", "/v1/explain?url=http://a.test/"), 400, "bad_question")
}
