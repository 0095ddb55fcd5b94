package semantics

import (
	"strings"
	"testing"

	"brink/edge/message"
)

func TestInvalidates(t *testing.T) {
	const own = "http://a.test/dir/form?x=1"
	for _, c := range []struct {
		name   string
		m      message.Method
		status int
		lines  string
		want   string // "-": nothing
	}{
		// RFC 9111 section 4.4: unsafe and unknown methods, no errors.
		{"invalidate-POST", message.POST, 200, "", own},
		{"invalidate-PUT", message.PUT, 204, "", own},
		{"invalidate-DELETE", message.DELETE, 200, "", own},
		{"invalidate-PATCH", message.PATCH, 201, "", own},
		{"invalidate-M-SEARCH", message.MethodOther, 200, "", own},
		{"redirect", message.POST, 303, "", own},
		{"invalidate-POST-failed", message.POST, 500, "", "-"},
		{"invalidate-M-SEARCH-failed", message.MethodOther, 500, "", "-"},
		{"refused", message.POST, 403, "Location: /x", "-"},
		{"interim", message.POST, 103, "", "-"},
		{"GET", message.GET, 200, "Location: /x", "-"},
		{"HEAD", message.HEAD, 200, "", "-"},
		{"OPTIONS", message.OPTIONS, 200, "", "-"},
		{"QUERY", message.QUERY, 200, "Location: /x", "-"},

		// Location and Content-Location, in every form of reference.
		{"invalidate-POST-location", message.POST, 201, "Location: http://a.test/new", own + " http://a.test/new"},
		{"invalidate-POST-cl", message.POST, 201, "Content-Location: /new", own + " http://a.test/new"},
		{"both", message.POST, 201, "Location: /b|Content-Location: /a", own + " http://a.test/b http://a.test/a"},
		{"relative", message.POST, 201, "Location: new", own + " http://a.test/dir/new"},
		{"up", message.POST, 201, "Location: ../new", own + " http://a.test/new"},
		{"query", message.POST, 201, "Location: ?y=2", own + " http://a.test/dir/form?y=2"},
		{"network path", message.POST, 201, "Location: //A.TEST/new", own + " http://a.test/new"},
		{"fragment", message.POST, 201, "Location: /new#part", own + " http://a.test/new"},
		{"normal form", message.POST, 201, "Location: HTTP://A.test:80/./%6eew", own + " http://a.test/new"},
		{"no path", message.POST, 201, "Location: http://a.test", own + " http://a.test/"},
		{"two lines", message.POST, 201, "Location: /1|Location: /2", own + " http://a.test/1 http://a.test/2"},
		{"the same", message.POST, 201, "Location: /dir/form?x=1|Content-Location:", own},
		{"fragment only", message.POST, 201, "Location: #x", own},
		{"colon in the query", message.POST, 201, "Location: new?a:b", own + " http://a.test/dir/new?a:b"},

		// Only on the same origin.
		{"other host", message.POST, 201, "Location: http://b.test/new", own},
		{"other port", message.POST, 201, "Location: http://a.test:81/new", own},
		{"other scheme", message.POST, 201, "Location: https://a.test/new", own},
		{"other host, network path", message.POST, 201, "Location: //b.test/new", own},
		{"user", message.POST, 201, "Location: http://a.test@b.test/new", own},
		{"no HTTP", message.POST, 201, "Location: mailto:a@a.test", own},
		{"broken", message.POST, 201, "Location: http://[/|Content-Location: /%zz", own},
		{"star", message.POST, 201, "Location: *", own + " http://a.test/dir/*"},
	} {
		r := getAt(t, own, "")
		r.Method = c.m
		var got []string
		Invalidates(r, c.status, fieldsAt(c.lines), nil, func(u *message.URL) {
			got = append(got, u.Scheme+"://"+string(u.Host)+string(u.Target))
		})
		text := strings.Join(got, " ")
		if text == "" {
			text = "-"
		}
		if text != c.want {
			t.Errorf("%s: %s, want %s", c.name, text, c.want)
		}
	}
}
