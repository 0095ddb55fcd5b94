package faults

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"brink/test/brinktest"
)

// kind is a class of URLs, named by the first segment of their paths.
type kind struct {
	bytes int // of each body
	paths int // how many there are; 0: any number
}

var kinds = map[string]kind{
	"hot":   {4 << 10, 32},   // stay in RAM
	"cold":  {32 << 10, 400}, // more than RAM has room for
	"large": {1280 << 10, 8}, // too large for RAM
	"new":   {48 << 10, 0},   // asked for twice, and never again
}

func kindOf(path string) kind { return kinds[strings.Split(path, "/")[1]] }

var bodies = sync.Pool{New: func() any { b := make([]byte, 0, 2<<20); return &b }}

// startOrigin starts a server whose bodies follow from their paths, and returns
// its address.
func startOrigin(t *testing.T) string {
	t.Helper()
	o := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := kindOf(r.URL.Path).bytes
		b := bodies.Get().(*[]byte)
		defer bodies.Put(b)
		*b = (*b)[:n]
		brinktest.Content(*b, r.URL.Path, 0)
		w.Header().Set("Cache-Control", "max-age=86400")
		w.Header().Set("ETag", strconv.Quote(r.URL.Path))
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(*b)) // knows ranges
	}))
	t.Cleanup(o.Close)
	return strings.TrimPrefix(o.URL, "http://")
}
