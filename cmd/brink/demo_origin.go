package main

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

// demoOrigin is the origin of the demo. Its pages have different Cache-Control fields. It
// counts its requests.
type demoOrigin struct{ asked atomic.Int64 }

func (o *demoOrigin) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/", o.page("public, max-age=10", 0))
	mux.HandleFunc("/slow", o.page("max-age=5, stale-while-revalidate=30", time.Second))
	mux.HandleFunc("/private", o.page("private", 0))
	mux.HandleFunc("/big", func(w http.ResponseWriter, _ *http.Request) {
		o.asked.Add(1)
		w.Header().Set("Cache-Control", "max-age=60")
		w.Header().Set("ETag", `"big"`)
		w.Header().Set("Content-Type", "text/plain")
		fmt.Fprint(w, strings.Repeat("0123456789abcdef", 1<<16))
	})
	return mux
}

// page returns a handler that waits, and then answers with the number of the request.
func (o *demoOrigin) page(cacheControl string, wait time.Duration) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		n := o.asked.Add(1)
		time.Sleep(wait)
		w.Header().Set("Cache-Control", cacheControl)
		w.Header().Set("Surrogate-Key", "page")
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		fmt.Fprintf(w, "%s from the origin, its request number %d\n", r.URL.Path, n)
	}
}
