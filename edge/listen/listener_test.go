package listen

import (
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"brink/conf"
	"brink/edge/engine"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// echo serves a connection until the client closes it.
func echo(nc *engine.Conn, _ *engine.Account) {
	defer nc.Close()
	_, _ = io.Copy(nc, nc)
}

// gate lets n connections in; 0: many.
func gate(n int) *engine.Gate {
	l := engine.NewLimits(engine.Capacity{Connections: 1 << 20, Waiting: 1 << 40})
	return l.Gate(engine.GateConfig{Connections: n, PerClient: 1 << 20})
}

func open(t *testing.T, c conf.Listen, h Handler) *Listener {
	t.Helper()
	c.Name, c.Address = "test", "127.0.0.1:0"
	l, err := Open(c, gate(c.MaxConnections), h)
	if err != nil {
		t.Fatal(err)
	}
	go l.Serve()
	t.Cleanup(l.Close)
	return l
}

func dial(t *testing.T, l *Listener) net.Conn {
	t.Helper()
	nc, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close() })
	return nc
}

// answers reports whether the connection is served, within the time given.
func answers(nc net.Conn, within time.Duration) bool {
	nc.SetDeadline(time.Now().Add(within))
	if _, err := nc.Write([]byte{'x'}); err != nil {
		return false
	}
	var b [1]byte
	_, err := io.ReadFull(nc, b[:])
	return err == nil
}

func TestServe(t *testing.T) {
	l := open(t, conf.Listen{}, Handler{Serve: echo})
	if !answers(dial(t, l), 5*time.Second) {
		t.Error("no answer")
	}
	if c := l.Counts(); c.Accepted != 1 || c.Open != 1 {
		t.Errorf("counts %+v", c)
	}
}

func TestAddressInUse(t *testing.T) {
	l := open(t, conf.Listen{}, Handler{Serve: echo})
	_, err := Open(conf.Listen{Name: "web", Address: l.Addr().String()}, gate(0), Handler{})
	if !errors.Is(err, syscall.EADDRINUSE) || !strings.Contains(err.Error(), `listen "web": `+l.Addr().String()+" is in use by another process") {
		t.Errorf("error %v", err)
	}
}

func TestCap(t *testing.T) {
	l := open(t, conf.Listen{MaxConnections: 2}, Handler{Serve: echo})
	a, b, c := dial(t, l), dial(t, l), dial(t, l)
	if !answers(a, 5*time.Second) || !answers(b, 5*time.Second) {
		t.Fatal("no answer below the cap")
	}
	if answers(c, 100*time.Millisecond) {
		t.Error("an answer above the cap")
	}
	a.Close()
	if !answers(c, 5*time.Second) {
		t.Error("no answer after one has ended")
	}
}

func TestDrain(t *testing.T) {
	asked := make(chan struct{})
	l := open(t, conf.Listen{}, Handler{Serve: echo, Drain: func() { close(asked) }})
	nc := dial(t, l)
	answers(nc, 5*time.Second)
	done := make(chan int)
	go func() { done <- l.Drain(time.Minute) }()
	<-asked
	if !answers(nc, 5*time.Second) {
		t.Error("a connection was cut off before the grace was over")
	}
	if late, err := net.Dial("tcp", l.Addr().String()); err == nil {
		late.Close()
		t.Error("a connection was accepted after Drain")
	}
	nc.Close()
	if cut := <-done; cut != 0 {
		t.Errorf("%d connections were cut off", cut)
	}
}

func TestDrainForces(t *testing.T) {
	l := open(t, conf.Listen{}, Handler{Serve: echo})
	answers(dial(t, l), 5*time.Second)
	if cut := l.Drain(50 * time.Millisecond); cut != 1 {
		t.Errorf("%d connections were cut off, want 1", cut)
	}
}

// A handler that waits for something else than its connection is told to end.
func TestDrainCuts(t *testing.T) {
	over := make(chan struct{})
	busy := make(chan struct{})
	l := open(t, conf.Listen{}, Handler{
		Serve: func(nc *engine.Conn, _ *engine.Account) { defer nc.Close(); close(busy); <-over },
		Cut:   func() { close(over) },
	})
	dial(t, l)
	<-busy
	if cut := l.Drain(50 * time.Millisecond); cut != 1 {
		t.Errorf("%d connections were cut off, want 1", cut)
	}
}

// A client that was connected when Drain begins is served.
func TestDrainTakesThePending(t *testing.T) {
	l, err := Open(conf.Listen{Address: "127.0.0.1:0"}, gate(0), Handler{Serve: echo})
	if err != nil {
		t.Fatal(err)
	}
	nc := dial(t, l)
	go l.Serve()
	for !func() bool { l.state.Lock(); defer l.state.Unlock(); return l.begun }() {
		runtime.Gosched()
	}
	go l.Drain(time.Minute)
	if !answers(nc, 5*time.Second) {
		t.Error("no answer")
	}
	nc.Close()
	l.Close()
}

func TestCloseBeforeServe(t *testing.T) {
	l, err := Open(conf.Listen{Address: "127.0.0.1:0"}, gate(0), Handler{Serve: echo})
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	l.Serve()
}

// Without descriptors the listener sheds without spinning, and accepts again
// as soon as there are some.
func TestExhaustion(t *testing.T) {
	l := open(t, conf.Listen{}, Handler{Serve: echo})
	before := dial(t, l)
	if !answers(before, 5*time.Second) {
		t.Fatal("no answer")
	}
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &old); err != nil {
		t.Fatal(err)
	}
	client, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(client)
	tight := old
	tight.Cur = 64
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &tight); err != nil {
		t.Fatal(err)
	}
	var hoard []*os.File
	for {
		f, err := os.Open(os.DevNull)
		if err != nil {
			break
		}
		hoard = append(hoard, f)
	}
	port := l.Addr().(*net.TCPAddr).Port
	err = syscall.Connect(client, &syscall.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}})
	used := cpu(t)
	time.Sleep(300 * time.Millisecond)
	used = cpu(t) - used
	for _, f := range hoard {
		f.Close()
	}
	if restore := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &old); err != nil || restore != nil {
		t.Fatal(err, restore)
	}
	if used > 30*time.Millisecond {
		t.Errorf("%v of CPU time in 300ms", used)
	}
	if c := l.Counts(); c.Shed != 1 {
		t.Errorf("counts %+v, want 1 shed", c)
	}
	if !answers(dial(t, l), time.Second) {
		t.Error("no answer after descriptors were free again")
	}
	if !answers(before, time.Second) {
		t.Error("an earlier connection was harmed")
	}
}

func cpu(t *testing.T) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
