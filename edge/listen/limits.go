package listen

import (
	"os"
	"syscall"
)

// defaultConnections is how many connections the process may have: its file
// descriptors but for a tenth, and no fewer than 64, which origins, disk, logs
// and the admin listener live on.
func defaultConnections() int {
	var l syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l) != nil || l.Cur > 1<<30 {
		return 1 << 30
	}
	return max(int(l.Cur)-max(int(l.Cur)/10, 64), 16)
}

// slots bounds the connections at a time.
type slots struct {
	taken chan struct{} // one element for each connection
	bar   chan struct{} // closed: nobody waits any more
}

// open allows n connections; 0 stands for as many as descriptors allow.
func (s *slots) open(n int) {
	if n <= 0 {
		n = defaultConnections()
	}
	s.taken = make(chan struct{}, n)
	s.bar = make(chan struct{})
}

// take waits for a free slot. It reports false if there is none and slots are
// barred.
func (s *slots) take() bool {
	select {
	case s.taken <- struct{}{}:
		return true
	default:
	}
	select {
	case s.taken <- struct{}{}:
		return true
	case <-s.bar:
		return false
	}
}

func (s *slots) give() { <-s.taken }

// reserve is a file descriptor kept for the moment when there is no other.
// Only the goroutine that accepts uses it.
type reserve struct{ file *os.File }

func (r *reserve) held() bool { return r.file != nil }

// fill takes a descriptor and reports whether there was one.
func (r *reserve) fill() bool {
	if r.file == nil {
		r.file, _ = os.Open(os.DevNull)
	}
	return r.file != nil
}

// release gives the descriptor up and reports whether there was one.
func (r *reserve) release() bool {
	if r.file == nil {
		return false
	}
	_ = r.file.Close()
	r.file = nil
	return true
}
