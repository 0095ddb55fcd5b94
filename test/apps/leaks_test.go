package apps

import (
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// ownTokens notes what the patterns find in the pages of those who are logged in
// (the first group is the token), unless the application itself shows it to
// everybody on one of the public pages.
func (f *front) ownTokens(t *testing.T, public []string, patterns ...string) {
	t.Helper()
	shown := ""
	for _, path := range public {
		shown += f.direct(t, path)
	}
	for _, pattern := range patterns {
		re := regexp.MustCompile(pattern)
		for i := range f.answers {
			a := &f.answers[i]
			if !a.to.user {
				continue
			}
			for _, m := range re.FindAllStringSubmatch(a.body, -1) {
				if !strings.Contains(shown, m[1]) {
					a.to.owns(m[1], "token")
				}
			}
		}
	}
}

// direct asks the application itself, without any cookie.
func (f *front) direct(t *testing.T, path string) string {
	t.Helper()
	req, err := http.NewRequest("GET", "http://"+f.origin+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = f.host
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// leaks searches every answer for what belongs to somebody else.
func (f *front) leaks() (found []string) {
	owners := map[*visitor]bool{}
	bodies := map[string][]*answer{}
	for i := range f.answers {
		a := &f.answers[i]
		owners[a.to] = true
		bodies[a.body] = append(bodies[a.body], a)
	}
	for owner := range owners {
		for secret, what := range owner.secrets {
			for body, answers := range bodies {
				inBody := strings.Contains(body, secret)
				for _, a := range answers {
					if a.to != owner && (inBody || inFields(a.header, secret)) {
						found = append(found, fmt.Sprintf("%s %s to %s has %s of %s (%s): %s",
							a.method, a.path, a.to.name, what, owner.name, secret, a.cache()))
					}
				}
			}
		}
	}
	return found
}

func inFields(h http.Header, secret string) bool {
	for _, values := range h {
		for _, value := range values {
			if strings.Contains(value, secret) {
				return true
			}
		}
	}
	return false
}

// The search finds a page, a field or a cookie of one visitor in a response to another.
func TestLeaksAreFound(t *testing.T) {
	a, b := &visitor{name: "a", secrets: map[string]string{}}, &visitor{name: "b", secrets: map[string]string{}}
	a.owns("secret%20of%20a", "cookie")
	own := answer{to: a, body: "secret of a"}
	for _, c := range []struct {
		other answer
		leaks int
	}{
		{answer{to: b, body: "nothing"}, 0},
		{answer{to: b, body: "the secret of a"}, 1},
		{answer{to: b, header: http.Header{"Set-Cookie": {"id=secret%20of%20a"}}}, 1},
	} {
		f := &front{answers: []answer{own, c.other}}
		if found := f.leaks(); len(found) != c.leaks {
			t.Errorf("%+v: %q", c.other, found)
		}
	}
}
