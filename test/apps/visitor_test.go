package apps

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// visitor is a person with a browser.
type visitor struct {
	name   string // unique; of a user, what pages call them
	front  *front
	client *http.Client
	user   bool     // logged in
	is     *visitor // who it is: itself, or another one in disguise

	mu sync.Mutex

	secrets map[string]string // what nobody else may see: text, and what it is
}

// answer is a response that a visitor got.
type answer struct {
	to     *visitor
	method string
	path   string
	status int
	header http.Header
	body   string
}

// cache is how the node answered, in the words of Cache-Status.
func (a *answer) cache() string { return a.header.Get("Cache-Status") }

func (a *answer) hit() bool { return strings.Contains(a.cache(), "; hit") }

// newVisitor makes somebody whose browser has cookies of analytics, as nearly
// everybody's, which differ from person to person.
func (f *front) newVisitor(t *testing.T, name string) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	v := &visitor{name: name, front: f, secrets: map[string]string{}}
	v.is = v
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", f.Address)
	}}
	t.Cleanup(transport.CloseIdleConnections)
	v.client = &http.Client{
		Jar: jar, Transport: transport, Timeout: time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	at := &url.URL{Scheme: "http", Host: f.host, Path: "/"}
	var cookies []*http.Cookie
	for name, value := range analytics() {
		cookies = append(cookies, &http.Cookie{Name: name, Value: value})
	}
	jar.SetCookies(at, cookies)
	return v
}

// analytics are cookies that scripts of third parties set on a site.
func analytics() map[string]string {
	one, two := rand.IntN(1e9), rand.IntN(1e9)
	return map[string]string{
		"_ga":         fmt.Sprintf("GA1.1.%d.%d", one, two),
		"_ga_ABCDEF1": fmt.Sprintf("GS1.1.%d.1.1.%d.0.0.0", two, one),
		"_gid":        fmt.Sprintf("GA1.1.%d.%d", two, one),
		"_fbp":        fmt.Sprintf("fb.1.%d.%d", one, two),
		"_pk_id.1.1":  fmt.Sprintf("%x.%d", one, two),
	}
}

func (v *visitor) get(t *testing.T, path string, fields ...string) answer {
	t.Helper()
	return v.do(t, "GET", path, "", fields...)
}

// post sends a form.
func (v *visitor) post(t *testing.T, path string, form url.Values) answer {
	t.Helper()
	return v.do(t, "POST", path, form.Encode(), "Content-Type", "application/x-www-form-urlencoded")
}

// do sends a request as a browser does. fields are names and values in turn. Any
// goroutine may call it.
func (v *visitor) do(t *testing.T, method, path, body string, fields ...string) answer {
	t.Helper()
	var content io.Reader
	if body != "" {
		content = strings.NewReader(body)
	}
	req, err := http.NewRequest(method, v.front.url(path), content)
	if err != nil {
		panic("BUG: " + err.Error())
	}
	for name, value := range map[string]string{
		"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) " + v.name, "Accept": "text/html,application/xhtml+xml,*/*;q=0.8",
		"Accept-Language": "en-US,en;q=0.5", "Upgrade-Insecure-Requests": "1", "Sec-Fetch-Dest": "document",
		"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "same-origin", "Referer": v.front.url("/"),
	} {
		req.Header.Set(name, value)
	}
	for i := 0; i+1 < len(fields); i += 2 {
		req.Header.Set(fields[i], fields[i+1])
	}
	resp, err := v.client.Do(req)
	if err != nil {
		t.Errorf("%s %s: %v", method, path, err)
		return answer{to: v.is, method: method, path: path}
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Errorf("%s %s: %v", method, path, err)
	}
	a := answer{to: v.is, method: method, path: path, status: resp.StatusCode, header: resp.Header, body: string(text)}
	for _, c := range resp.Cookies() {
		v.is.owns(c.Value, "cookie "+c.Name)
	}
	v.front.record(a)
	return a
}

// owns notes that a text is the visitor's. Short ones, times and the cookie by which
// WordPress finds out whether cookies are taken say nothing about whose they are.
func (v *visitor) owns(secret, what string) {
	if secret == "WP%20Cookie%20check" || strings.Trim(secret, "0123456789") == "" {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if decoded, err := url.QueryUnescape(secret); err == nil && len(decoded) >= 8 {
		v.secrets[decoded] = what
	}
	if len(secret) >= 8 {
		v.secrets[secret] = what
	}
}

// cookie returns the value of a cookie whose name begins with prefix, as sent for
// the site's root.
func (v *visitor) cookie(prefix string) string {
	for _, c := range v.client.Jar.Cookies(&url.URL{Scheme: "http", Host: v.front.host, Path: "/"}) {
		if strings.HasPrefix(c.Name, prefix) {
			return c.Value
		}
	}
	return ""
}
