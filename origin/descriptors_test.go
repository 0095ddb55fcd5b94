package origin

import (
	"context"
	"fmt"
	"os"
	"syscall"
	"testing"
)

// The connections of all origins together have a limit. An idle one gives way, also to
// another origin; if all are in use, the error says what is short.
func TestSharedDescriptors(t *testing.T) {
	d := NewDescriptors(1)
	origins := make([]*Origin, 2)
	for i := range origins {
		keeps := script(forever(request, say(hello)))
		config, _ := serve(t, keeps, keeps, keeps, keeps)
		origins[i] = start(t, config)
		origins[i].Share(d)
	}
	for turn := range 6 {
		if got, err := fetch(origins[turn%2], get()); got != "hello" || err != nil {
			t.Fatalf("fetch %d: %q, %v", turn, got, err)
		}
		if n := d.open.Load(); n != 1 {
			t.Fatalf("%d connections are counted", n)
		}
	}
	x, err := origins[0].Fetch(context.Background(), get())
	if err != nil {
		t.Fatal(err)
	}
	_, err = fetch(origins[1], get())
	wantKind(t, err, NoDescriptors)
	x.Close()
	if got, err := fetch(origins[1], get()); got != "hello" || err != nil {
		t.Errorf("after a connection has become free: %q, %v", got, err)
	}
	for _, o := range origins {
		o.Close()
	}
	eventually(t, "the end of the connections", func() bool { return d.open.Load() == 0 })
}

// What the process is out of is not the origin's fault.
func TestOutOfDescriptors(t *testing.T) {
	for _, err := range []error{syscall.EMFILE, syscall.ENFILE} {
		ctx := context.Background()
		wrapped := fmt.Errorf("dial: %w", &os.SyscallError{Syscall: "socket", Err: err})
		if got := connectError(ctx, ctx, wrapped); got.Kind != NoDescriptors || got.status() != 503 || got.Kind.ofServer() {
			t.Errorf("%v is %v", err, got)
		}
	}
}
