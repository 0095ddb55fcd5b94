package admin

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

func TestMetrics(t *testing.T) {
	mine := prometheus.NewCounter(prometheus.CounterOpts{Name: "brink_test_total", Help: "A rise is a test."})
	s := New(Options{Node: &fakeNode{}, Version: "v1.2.3", Collectors: []prometheus.Collector{mine}})
	page := call(s, "GET", "/metrics").Body.String()
	for _, want := range []string{
		`brink_build_info{go="` + runtime.Version() + `",version="v1.2.3"} 1`,
		"brink_test_total 0", "go_goroutines ", "process_open_fds ",
	} {
		if !strings.Contains(page, "\n"+want) {
			t.Errorf("/metrics lacks %s", want)
		}
	}
	name := regexp.MustCompile(`^(brink|go|process)_[a-z0-9_]+$`)
	for line := range strings.Lines(page) {
		if f := strings.Fields(line); len(f) > 3 && f[1] == "HELP" && !name.MatchString(f[2]) {
			t.Errorf("metric %s", f[2])
		}
	}
	for range maxScrapes {
		s.metrics.slots <- struct{}{}
	}
	wantError(t, "scrapes", call(s, "GET", "/metrics"), 503, "too_many_scrapes")
	<-s.metrics.slots
	if w := call(s, "GET", "/metrics"); w.Code != 200 || len(s.metrics.slots) != maxScrapes-1 {
		t.Errorf("a free slot: %d, %d taken", w.Code, len(s.metrics.slots))
	}
}

func TestServe(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := server(&fakeNode{}, "")
	served := make(chan error, 1)
	go func() { served <- s.Serve(ln) }()
	url := "http://" + ln.Addr().String() + "/healthz"
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get(url)
	if err != nil || resp.StatusCode != 200 {
		t.Fatalf("%v %v", resp, err)
	}
	resp.Body.Close()
	req, _ := http.NewRequest("GET", url, nil)
	req.Header.Set("X-Long", strings.Repeat("a", 64<<10))
	if resp, err := client.Do(req); err == nil {
		resp.Body.Close()
		if resp.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
			t.Errorf("a head of 64 KiB: %d", resp.StatusCode)
		}
	}
	if err := s.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if err := <-served; err != nil {
		t.Errorf("Serve: %v", err)
	}
}

func TestTimeouts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := server(&fakeNode{}, "")
		ln := &pipeListener{conns: make(chan net.Conn), done: make(chan struct{})}
		served := make(chan error, 1)
		go func() { served <- s.Serve(ln) }()
		slow := ln.dial()
		began := time.Now()
		io.WriteString(slow, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n")
		io.Copy(io.Discard, slow)
		if took := time.Since(began); took != headTimeout {
			t.Errorf("half a head was closed after %v", took)
		}
		stuck := ln.dial()
		io.WriteString(stuck, "POST /v1/reload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n")
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := s.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Shutdown: %v", err)
		}
		if _, err := io.Copy(io.Discard, stuck); err != nil {
			t.Errorf("a request under way is not cut: %v", err)
		}
		if err := <-served; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
}

type pipeListener struct {
	conns chan net.Conn
	done  chan struct{}
}

func (l *pipeListener) dial() net.Conn {
	near, far := net.Pipe()
	l.conns <- far
	return near
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	close(l.done)
	return nil
}

func (l *pipeListener) Addr() net.Addr { return &net.TCPAddr{} }
