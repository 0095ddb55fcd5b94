package main

import (
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
)

// origin answers any path /SIZE/NAME with that many bytes, and counts.
type origin struct {
	port            string
	server          *http.Server
	requests, bytes atomic.Int64
}

// tally is what an origin got.
type tally struct{ requests, bytes int64 }

func (t tally) minus(o tally) tally { return tally{t.requests - o.requests, t.bytes - o.bytes} }

func startOrigin() (*origin, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return nil, err
	}
	o := &origin{port: port}
	o.server = &http.Server{Handler: o}
	go func() { _ = o.server.Serve(l) }() // it ends with stop
	return o, nil
}

func (o *origin) stop() error { return o.server.Close() }

func (o *origin) count() tally { return tally{o.requests.Load(), o.bytes.Load()} }

func (o *origin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	words := strings.Split(r.URL.Path, "/")
	size, err := strconv.ParseInt(words[1], 10, 64)
	if err != nil || len(words) != 3 {
		http.Error(w, fmt.Sprintf("no size in %s", r.URL.Path), http.StatusNotFound)
		return
	}
	o.requests.Add(1)
	o.bytes.Add(size)
	w.Header().Set("Cache-Control", "public, max-age=86400")
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Length", words[1])
	block := content(r.URL.Path)
	for size > 0 {
		n, err := w.Write(block[:min(size, int64(len(block)))])
		if err != nil {
			return
		}
		size -= int64(n)
	}
}

// content is a piece of the content of a path, which is the path over and over.
func content(path string) []byte {
	return []byte(strings.Repeat(path+"\n", 1+(16<<10)/len(path)))
}
