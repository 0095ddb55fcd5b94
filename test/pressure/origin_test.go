package pressure

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"time"

	"brink/test/brinktest"
)

// origin is a server whose answers follow from the first segment of a path.
type origin struct {
	address string

	mu struct {
		sync.Mutex

		fetches map[string]int // by path
	}
}

const sendBuffer = 64 << 10

// answers are by the first segment of the path.
type answers map[string]http.HandlerFunc

// lengthOf returns the length of a page, which is what may be stored.
func lengthOf(path string) int {
	if strings.HasPrefix(path, "/fill/") {
		return fillLength
	}
	return 4 << 10
}

// startOrigin starts an origin. Beside the row's own answers it has /hot/, /new/ and
// /fill/, which may be stored, and /upload, which takes all that it is sent.
func startOrigin(r *row, own answers) *origin {
	r.Helper()
	o := &origin{}
	o.mu.fetches = make(map[string]int)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		o.mu.Lock()
		o.mu.fetches[q.URL.Path]++
		o.mu.Unlock()
		first := strings.Split(q.URL.Path, "/")[1]
		switch own, ok := own[first]; {
		case ok:
			own(w, q)
		case first == "upload":
			_, _ = io.Copy(io.Discard, q.Body)
			w.Header().Set("Cache-Control", "no-store")
		default:
			w.Header().Set("Cache-Control", "max-age=86400")
			page(w, q)
		}
	}))
	// The kernel does not take megabytes for each of a thousand slow readers at once: that
	// would cost the CPU time of an origin that is elsewhere in life.
	s.Config.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		_ = c.(*net.TCPConn).SetWriteBuffer(sendBuffer)
		return ctx
	}
	s.Start()
	o.address = strings.TrimPrefix(s.URL, "http://")
	r.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return o
}

// fetched returns how often a path was asked for.
func (o *origin) fetched(path string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.mu.fetches[path]
}

// page answers with the content of a path.
func page(w http.ResponseWriter, q *http.Request) {
	body := make([]byte, lengthOf(q.URL.Path))
	brinktest.Content(body, q.URL.Path, 0)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body)
}

// hangUp ends the connection without an answer.
func hangUp(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// zeros sends n zeros, or until the node hangs up. It returns how many it sent.
func zeros(w http.ResponseWriter, n int64) (sent int64) {
	piece := make([]byte, 64<<10)
	for sent < n {
		k, err := w.Write(piece[:min(int64(len(piece)), n-sent)])
		sent += int64(k)
		if err != nil {
			break
		}
	}
	return sent
}

// pause waits, unless the node hangs up before. It reports whether it has not.
func pause(q *http.Request, span time.Duration) bool {
	select {
	case <-time.After(span):
		return true
	case <-q.Context().Done():
		return false
	}
}
