package faults

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"brink/test/brinktest"
)

// A node that was killed listens at once when it is started again on a disk that is full
// by then. Once there is room, what it had on disk is in service again, but not what was
// purged before or meanwhile.
func TestStartOnFullDisk(t *testing.T) {
	t.Parallel()
	dir := mount(t, "-t", "tmpfs", "-o", fmt.Sprint("size=", roomy), "brink")
	text := confOf(filepath.Join(dir, "cache"), startOrigin(t))
	text = strings.Replace(text, `  origin = "app"`, "  origin = \"app\"\n  path \"/**\" {\n    disk = \"always\"\n  }", 1)
	n := process{brinktest.Start(t, text)}
	kept := func(i int) string { return fmt.Sprintf("/cold/kept%d", i) }
	const objects = 20
	for i := range objects {
		n.get(t, kept(i))
	}
	n.Restart(t, false) // so that they are durable
	n.purge(t, kept(0))
	if err := n.Cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-n.Exited()
	// The node has no reserve on the disk: the disk was full before the start, too.
	if err := os.Remove(filepath.Join(dir, "cache", "room")); err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	other := fill(t, dir)

	began := time.Now()
	n.Restart(t, false)
	took := time.Since(began)
	t.Logf("ready after %v", took)
	if took > 3*time.Second {
		t.Errorf("ready %v after the start on a full disk:\n%s", took, n.Output())
	}
	if from := n.get(t, "/cold/other"); from != fromOrigin {
		t.Errorf("an answer of the origin's comes from %d", from)
	}
	n.purge(t, kept(1))
	if err := os.Remove(other); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(backLimit); n.figures(t)["in_service"] != 1; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not back in service:\n%s", n.Output())
		}
	}
	found := 0
	for i := range objects {
		switch from := n.get(t, kept(i)); {
		case i < 2 && from != fromOrigin:
			t.Errorf("what was purged is served: %s", kept(i))
		case from == fromDisk:
			found++
		}
	}
	t.Logf("%d of %d are found on disk", found, objects-2)
	if found < objects/2 {
		t.Errorf("%d of %d are found on disk:\n%s", found, objects-2, n.Output())
	}
}

// get asks for a path and returns where the answer came from.
func (n process) get(t *testing.T, path string) place {
	t.Helper()
	c := newClient(n.Address)
	defer c.close()
	a, err := c.get(path)
	if err != nil {
		t.Fatal(err)
	}
	return a.from
}

// purge purges a path. It is in force when purge returns, also where it cannot be made
// durable, which is an answer of 503.
func (n process) purge(t *testing.T, path string) {
	t.Helper()
	body := strings.NewReader(fmt.Sprintf(`{"urls":[%q]}`, "http://faults.test"+path))
	resp, err := http.Post("http://"+n.Admin+"/v1/purge", "application/json", body)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 200 && resp.StatusCode != 503 {
		t.Fatalf("purge: %s", resp.Status)
	}
}
