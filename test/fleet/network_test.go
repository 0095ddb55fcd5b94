package fleet

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// network is a network namespace and the wires to it: one for the purges, which
// a test makes as bad as it likes, and one by which the test sees the edge and the
// edge its origin.
type network struct {
	t      *testing.T
	number int
	name   string

	busHere, busThere   string // addresses at the ends
	testHere, testThere string
	wire                string // this end of the wire for purges
}

var networks atomic.Int32

func newNetwork(t *testing.T) *network {
	k, pid := int(networks.Add(1)), os.Getpid()
	subnet := fmt.Sprintf("10.%d.", 128+pid%100)
	n := &network{
		t: t, number: k, name: fmt.Sprintf("brink%dn%d", pid, k), wire: fmt.Sprintf("b%dn%d", pid, k),
		busHere: fmt.Sprintf("%s%d.1", subnet, 2*k), busThere: fmt.Sprintf("%s%d.2", subnet, 2*k),
		testHere: fmt.Sprintf("%s%d.1", subnet, 2*k+1), testThere: fmt.Sprintf("%s%d.2", subnet, 2*k+1),
	}
	if out, err := exec.Command("ip", "netns", "add", n.name).CombinedOutput(); err != nil {
		t.Skipf("no network namespace is to be had here: %v: %s", err, out)
	}
	t.Cleanup(func() { n.ip("netns", "del", n.name) })
	n.ip("-n", n.name, "link", "set", "lo", "up")
	n.cable(n.wire+"t", n.testHere, n.testThere)
	return n
}

// cable lays a wire without faults.
func (n *network) cable(wire, here, there string) {
	far := wire + "f"
	n.ip("link", "add", wire, "type", "veth", "peer", "name", far, "netns", n.name)
	n.t.Cleanup(func() { n.ip("link", "del", wire) })
	n.ip("addr", "add", here+"/24", "dev", wire)
	n.ip("link", "set", wire, "up")
	n.ip("-n", n.name, "addr", "add", there+"/24", "dev", far)
	n.ip("-n", n.name, "link", "set", far, "up")
}

// relay lays a wire for purges that takes its time for each packet, and loses
// some: a part of all, in each direction.
func (n *network) relay(delay time.Duration, loss float64) {
	far := n.wire + "f"
	here, there := n.tunnel(n.wire, false), n.tunnel(far, true)
	n.ip("addr", "add", n.busHere+"/24", "dev", n.wire)
	n.ip("link", "set", n.wire, "up")
	n.ip("-n", n.name, "addr", "add", n.busThere+"/24", "dev", far)
	n.ip("-n", n.name, "link", "set", far, "up")
	var running sync.WaitGroup
	running.Go(func() { carry(there, here, delay, loss) })
	running.Go(func() { carry(here, there, delay, loss) })
	n.t.Cleanup(func() {
		here.Close()
		there.Close()
		running.Wait()
	})
}

// carry brings packets from one end to the other until the ends are closed.
func carry(to, from *os.File, delay time.Duration, loss float64) {
	type packet struct {
		due   time.Time
		bytes []byte
	}
	under := make(chan packet, 10_000)
	var arriving sync.WaitGroup
	arriving.Go(func() {
		for p := range under {
			time.Sleep(time.Until(p.due))
			_, _ = to.Write(p.bytes) // lost, like others
		}
	})
	defer arriving.Wait()
	defer close(under)
	b := make([]byte, 64<<10)
	for {
		size, err := from.Read(b)
		if err != nil {
			return
		}
		if rand.Float64() >= loss {
			under <- packet{time.Now().Add(delay), append([]byte(nil), b[:size]...)}
		}
	}
}

// tunnel makes a device whose packets are read and written here, in the namespace
// or in this one.
func (n *network) tunnel(device string, inside bool) *os.File {
	n.t.Helper()
	type result struct {
		file *os.File
		err  error
	}
	made := make(chan result)
	go func() {
		// The thread ends with the goroutine: nothing else runs in the namespace.
		runtime.LockOSThread()
		var err error
		if inside {
			err = enter(n.name)
		}
		var f *os.File
		if err == nil {
			f, err = openTunnel(device)
		}
		made <- result{f, err}
	}()
	r := <-made
	if r.err != nil {
		n.t.Skipf("no tunnel device is to be had here: %v", r.err)
	}
	return r.file
}

// enter moves the calling thread into a namespace.
func enter(namespace string) error {
	f, err := os.Open("/run/netns/" + namespace)
	if err != nil {
		return err
	}
	defer f.Close()
	return os.NewSyscallError("setns", unix.Setns(int(f.Fd()), unix.CLONE_NEWNET))
}

func openTunnel(device string) (*os.File, error) {
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("open /dev/net/tun", err)
	}
	r, err := unix.NewIfreq(device)
	if err == nil {
		r.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
		err = unix.IoctlIfreq(fd, unix.TUNSETIFF, r)
	}
	if err != nil {
		unix.Close(fd)
		return nil, os.NewSyscallError("make a tunnel", err)
	}
	return os.NewFile(uintptr(fd), device), nil
}

func (n *network) ip(args ...string) {
	n.t.Helper()
	if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
		n.t.Errorf("ip %s: %v: %s", strings.Join(args, " "), err, out)
	}
}
