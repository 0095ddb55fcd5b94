package listen

import (
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"brink/conf"
)

// Only a listener that nobody else can reach goes without the system's
// congestion control.
func TestCongestionControl(t *testing.T) {
	b, err := os.ReadFile("/proc/sys/net/ipv4/tcp_congestion_control")
	if err != nil {
		t.Skip(err)
	}
	system := strings.TrimSpace(string(b))
	for address, want := range map[string]string{"127.0.0.1:0": "reno", "0.0.0.0:0": system, ":0": system} {
		l, err := Open(conf.Listen{Name: "test", Address: address}, gate(0), Handler{})
		if err != nil {
			t.Fatal(err)
		}
		raw, err := l.tcp.SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		raw.Control(func(fd uintptr) {
			got, err := unix.GetsockoptString(int(fd), unix.IPPROTO_TCP, unix.TCP_CONGESTION)
			if got = strings.TrimRight(got, "\x00"); got != want || err != nil {
				t.Errorf("%s: %q, %v, want %q", address, got, err, want)
			}
		})
		l.Close()
	}
}
