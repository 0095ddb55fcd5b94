package soak

import (
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"brink/test/brinktest"
)

// origin answers with what the token of a request names.
type origin struct {
	server   *httptest.Server
	versions versions
	asked    atomic.Int64
}

func startOrigin(t *testing.T) *origin {
	t.Helper()
	o := &origin{}
	o.server = httptest.NewServer(o)
	return o
}

func (o *origin) address() string { return strings.TrimPrefix(o.server.URL, "http://") }

func (o *origin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.asked.Add(1)
	version := o.versions.of(r.URL.Path)
	if r.Method == "POST" {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return
		}
		w.Header().Set("X-Version", itoa(version.Add(1)))
		return
	}
	name := kindOf(r.URL.Path)
	k := kinds[name]
	t := token{r.URL.Path, "-", "-", version.Load()}
	if k.varied {
		t.variant = variant(r.Header.Get("Accept-Language"), r.Header.Get("Accept-Encoding"), r.Header.Get("X-Tier"))
	}
	if k.personal != "" {
		t.user = userOf(r.Header.Get(k.personal))
	}
	chance := rand.IntN(8)
	if k.fails && chance == 0 {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	h := w.Header()
	h.Set("X-Token", t.String())
	h.Set("ETag", t.tag())
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Cache-Control", k.control)
	if k.vary != "" {
		h.Set("Vary", k.vary)
	}
	if k.cookie {
		h.Set("Set-Cookie", "user="+t.user)
	}
	switch {
	case k.fails && chance == 1 && t.size() > 1 && r.Method == "GET":
		breakOff(w, t)
	case chance < 4 && r.Header.Get("Range") == "" && r.Header.Get("If-None-Match") == "" && r.Method == "GET":
		sendChunks(w, t)
	default:
		http.ServeContent(w, r, "", noTime, &content{token: t.String(), size: t.size()})
	}
}

func kindOf(path string) string { return strings.Split(path, "/")[1] }

func variant(language, encoding, tier string) string {
	return language + "/" + encoding + "/" + tier
}

// userOf is the user that a Cookie or an Authorization names.
func userOf(field string) string {
	_, user, _ := strings.Cut(strings.ReplaceAll(field, "Bearer ", "user="), "user=")
	return user
}

// breakOff sends half of what it announces.
func breakOff(w http.ResponseWriter, t token) {
	w.Header().Set("Content-Length", itoa(t.size()))
	p := make([]byte, t.size()/2)
	brinktest.Content(p, t.String(), 0)
	if _, err := w.Write(p); err == nil {
		_ = http.NewResponseController(w).Flush()
	}
	panic(http.ErrAbortHandler)
}

// sendChunks sends the body without announcing its length, in pieces.
func sendChunks(w http.ResponseWriter, t token) {
	flush := http.NewResponseController(w)
	for at, size := int64(0), t.size(); at < size; {
		p := make([]byte, min(size-at, 1+rand.Int64N(64<<10)))
		brinktest.Content(p, t.String(), at)
		if _, err := w.Write(p); err != nil {
			return
		}
		_ = flush.Flush()
		at += int64(len(p))
	}
}

// content is a body that http.ServeContent can take ranges of.
type content struct {
	token    string
	size, at int64
}

func (c *content) Read(p []byte) (int, error) {
	n := min(int64(len(p)), c.size-c.at)
	if n <= 0 {
		return 0, io.EOF
	}
	brinktest.Content(p[:n], c.token, c.at)
	c.at += n
	return int(n), nil
}

func (c *content) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += c.at
	case io.SeekEnd:
		offset += c.size
	}
	c.at = offset
	return offset, nil
}
