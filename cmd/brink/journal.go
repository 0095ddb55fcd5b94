package main

import (
	"bytes"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

const (
	journalSize = 256 << 10              // limit of the bytes that wait to be written; further lines are dropped
	journalEnd  = 200 * time.Millisecond // to write the last lines, at the end of the process
	lastTime    = 100 * time.Millisecond // to write the error that ends a command
)

// journal takes the lines of the node's own log and writes them to its output, usually
// standard error. A caller never waits for the output: if its reader stalls, lines
// are dropped and counted.
//
//	Write -> lines (bounded) -> run, the only goroutine that writes -> out
type journal struct {
	log     *slog.Logger // writes to the journal
	level   slog.LevelVar
	dropped atomic.Uint64
	wake    chan struct{} // has room for one; tells run that there are lines, or that closed is set
	done    chan struct{} // run has ended

	mu struct {
		sync.Mutex

		lines  []byte
		closed bool
	}
}

// openJournal starts a log. Lines below level are left out.
func openJournal(out io.Writer, level string) *journal {
	j := &journal{wake: make(chan struct{}, 1), done: make(chan struct{})}
	j.setLevel(level)
	j.log = slog.New(slog.NewTextHandler(j, &slog.HandlerOptions{Level: &j.level}))
	go j.run(out, slog.New(slog.NewTextHandler(out, nil)))
	return j
}

// setLevel makes the log leave out lines below level. The conf has checked the level; an
// unknown one would count as the lowest.
func (j *journal) setLevel(level string) { _ = j.level.UnmarshalText([]byte(level)) }

// Write implements io.Writer. It takes one whole line, does not wait and returns no error.
func (j *journal) Write(line []byte) (int, error) {
	j.mu.Lock()
	if j.mu.closed || len(j.mu.lines)+len(line) > journalSize {
		j.dropped.Add(1)
	} else {
		j.mu.lines = append(j.mu.lines, line...)
	}
	j.mu.Unlock()
	j.rouse()
	return len(line), nil
}

func (j *journal) rouse() {
	select {
	case j.wake <- struct{}{}:
	default:
	}
}

// run writes the lines to out until the journal is closed, and then the rest. notice, which
// writes to out, too, says how many lines are missing.
func (j *journal) run(out io.Writer, notice *slog.Logger) {
	defer close(j.done)
	var batch []byte
	var told uint64 // dropped lines that notice has told of
	for closed := false; !closed; {
		<-j.wake
		var dropped uint64
		batch, dropped, closed = j.swap(batch[:0])
		if n, err := out.Write(batch); err != nil {
			j.dropped.Add(uint64(bytes.Count(batch[n:], []byte("\n"))))
			continue // the next notice counts these lines, too
		}
		if dropped > told {
			notice.Error("lines of this log were dropped, as its reader did not keep up", slog.Uint64("lines", dropped-told))
			told = dropped
		}
	}
}

// swap returns the lines that wait to be written, and takes the empty batch in exchange.
// dropped is how many lines were dropped since the start.
func (j *journal) swap(batch []byte) (lines []byte, dropped uint64, closed bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	lines, j.mu.lines = j.mu.lines, batch
	return lines, j.dropped.Load(), j.mu.closed
}

// close waits until the last lines are written, at most for journalEnd. Later lines are
// dropped.
func (j *journal) close() {
	j.mu.Lock()
	j.mu.closed = true
	j.mu.Unlock()
	j.rouse()
	select {
	case <-j.done:
	case <-time.After(journalEnd):
	}
}

// sayLast writes the last message of the process. It waits for that at most for lastTime.
func sayLast(out io.Writer, words string) {
	said := make(chan struct{})
	go func() {
		defer close(said)
		_, _ = io.WriteString(out, words)
	}()
	select {
	case <-said:
	case <-time.After(lastTime):
	}
}
