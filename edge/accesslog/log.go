package accesslog

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"brink/conf"
)

// errStalled says that the destination did not accept the last lines in time. They may
// still be written later.
var errStalled = errors.New("access log takes no more lines")

// Log is an open access log. Append may be called from any goroutine, also
// while another changes, reopens or closes the log.
type Log struct {
	node    string
	pipe    atomic.Pointer[pipe]
	written atomic.Uint64
	dropped atomic.Uint64

	// mu is held for a whole change, Reopen or Close, including the work on files.
	// Append does not take it.
	mu struct {
		sync.Mutex

		conf   conf.Log // of pipe
		closed bool
	}
}

// Open opens the access log that c describes. node is this node's name in it.
func Open(c conf.Log, node string) (*Log, error) {
	l := &Log{node: node}
	p, err := l.open(c)
	if err != nil {
		return nil, err
	}
	l.pipe.Store(p)
	l.mu.conf = c
	return l, nil
}

func (l *Log) open(c conf.Log) (*pipe, error) {
	if c.Format != "json" && c.Format != "combined" {
		return nil, fmt.Errorf("open access log: unknown format %q", c.Format)
	}
	if c.Access == "off" {
		return &pipe{off: true}, nil
	}
	out, err := openOutput(c.Access)
	if err != nil {
		return nil, fmt.Errorf("open access log: %w", err)
	}
	return startPipe(c, out, l), nil
}

// Append logs e. If the destination is too slow, it drops and counts e. It never waits
// for a write, does not allocate, and keeps no reference to e.
func (l *Log) Append(e *Entry) {
	for {
		p := l.pipe.Load()
		if p.off || !p.wants(e.Status) {
			return
		}
		switch p.append(e) {
		case appended:
			return
		case retired:
			if l.pipe.Load() != p {
				continue // a change swapped the pipe just now
			}
		}
		l.dropped.Add(1)
		return
	}
}

// Off reports whether nothing is logged, so that no entry need be made.
func (l *Log) Off() bool { return l.pipe.Load().off }

// Reopen opens a new file under the same name, writes the buffered lines to the old file
// and closes that. So a file that log rotation has moved away is complete when Reopen
// returns. If the new file cannot be opened, the old one stays in use. For destinations
// that are no files, Reopen does nothing.
func (l *Log) Reopen() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.mu.closed || !isFile(l.mu.conf.Access) {
		return nil
	}
	next, err := l.open(l.mu.conf)
	if err != nil {
		return err
	}
	return l.pipe.Swap(next).retire()
}

// Close writes out the buffered lines. It returns an error if that takes
// longer than two seconds. Entries appended later are dropped.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.mu.closed {
		return nil
	}
	l.mu.closed = true
	return l.pipe.Load().retire()
}
