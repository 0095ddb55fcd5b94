package pressure

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"
)

// Downloads that were reset do not go on at length for nobody.
func TestResets(t *testing.T) {
	const downloads = 10
	length, bound := of[size](20e6, 100e6), of[size](140e6, 200e6)
	r := begin(t, "resets", fmt.Sprintf("%d downloads of %v reset after the first bytes", downloads, length))
	var sent atomic.Int64
	o := startOrigin(r, answers{"film": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "max-age=3600")
		w.Header().Set("Content-Length", fmt.Sprint(int64(length)))
		counted := &counter{w, &sent}
		zeros(counted, int64(length))
	}})
	n := start(r, o, settings{store: diskIn(r)})
	for i := range downloads {
		n.reset(r, fmt.Sprint("/film/", i))
	}
	n.settle(r, &sent)
	most(r, "sent by the origin", size(sent.Load()), bound)
	most(r, "written to disk", size(n.metric(r, "brink_disk_written_bytes_total")), bound)
	n.recovers(r)
}

// diskIn is the setting of a disk tier in a folder of its own.
func diskIn(r *row) string {
	return fmt.Sprintf("disk {\n path = %q\n size = \"4GiB\"\n}", filepath.Join(r.TempDir(), "cache"))
}

// counter is a response that counts its bytes while they go out.
type counter struct {
	http.ResponseWriter

	sent *atomic.Int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.ResponseWriter.Write(p)
	c.sent.Add(int64(n))
	return n, err
}

// reset asks for a path, and resets the connection behind the answer's first bytes.
func (n *subject) reset(r *row, path string) {
	r.Helper()
	c, err := net.DialTimeout("tcp", n.Address, patience)
	if err != nil {
		r.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(c, ask("GET", path)); err != nil {
		r.Fatal(err)
	}
	if _, err := io.ReadFull(c, make([]byte, 1000)); err != nil {
		r.Fatal(err)
	}
	_ = c.(*net.TCPConn).SetLinger(0)
}

// settle waits until the origin has sent nothing for a while.
func (n *subject) settle(r *row, sent *atomic.Int64) {
	r.Helper()
	for last := int64(-1); last != sent.Load(); time.Sleep(time.Second) {
		last = sent.Load()
	}
}
