package accesslog

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"brink/conf"
)

// ErrStalled says that a destination did not take the last lines in time. They
// may still be written once it does.
var ErrStalled = errors.New("access log takes no more lines")

// Log is an open access log. Append may be called from any goroutine, also
// while another calls Swap, Reopen or Close.
type Log struct {
	node    string
	pipe    atomic.Pointer[pipe]
	written atomic.Uint64
	dropped atomic.Uint64

	// mu makes Swap, Reopen and Close take turns, files and all. Append does
	// without it.
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

// Append logs e, or drops and counts it where the destination does not keep
// up. It never waits for a write and does not allocate. What it is given is
// not kept.
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
				continue // it was swapped just now
			}
		}
		l.dropped.Add(1)
		return
	}
}

// Off reports whether nothing is logged, so that no entry need be made.
func (l *Log) Off() bool { return l.pipe.Load().off }

// Dropped returns the number of lines that were to be logged and are lost.
func (l *Log) Dropped() uint64 { return l.dropped.Load() }

// Swap goes over to the settings of c, if they differ. On an error of opening
// the new destination the old one stays in use.
func (l *Log) Swap(c conf.Log) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	was := l.mu.conf
	if was.Access == c.Access && was.Format == c.Format && was.Sample == c.Sample {
		return nil
	}
	return l.replaceLocked(c)
}

// Reopen opens the file anew by its name and closes the old one once all that
// belongs there is written, so that a file which was moved away is complete
// when Reopen returns. It does nothing for other destinations.
func (l *Log) Reopen() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !isFile(l.mu.conf.Access) {
		return nil
	}
	return l.replaceLocked(l.mu.conf)
}

// replaceLocked puts a new pipe in use and writes out the old one. A line goes
// to one of them, never to both and never to none.
func (l *Log) replaceLocked(c conf.Log) error {
	if l.mu.closed {
		return nil
	}
	next, err := l.open(c)
	if err != nil {
		return err
	}
	l.mu.conf = c
	return l.pipe.Swap(next).retire()
}

// Close writes out what was appended. It returns ErrStalled if that takes
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
