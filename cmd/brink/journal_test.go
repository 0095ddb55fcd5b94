package main

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// reader is an output that takes nothing until it is let go on, and that may fail.
type reader struct {
	on  chan struct{}
	err error
	got strings.Builder
}

func (r *reader) Write(p []byte) (int, error) {
	<-r.on
	if r.err != nil {
		return 0, r.err
	}
	return r.got.Write(p)
}

// A reader that stalls does not delay those who log. The log says once how many lines it has missed.
func TestJournalDrops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &reader{on: make(chan struct{})}
		j := openJournal(out, "info")
		j.log.Info("first")
		synctest.Wait() // it is being written
		long := strings.Repeat("x", 1000)
		for i := range 1000 {
			j.log.Info(long, "i", i)
		}
		j.log.Debug("left out")
		dropped := j.dropped.Load()
		if kept := 1000 - dropped; kept < 200 || kept > 300 {
			t.Errorf("kept %d lines of a kilobyte", kept)
		}
		close(out.on)
		synctest.Wait()
		j.log.Info("last")
		j.close()
		got := out.got.String()
		for _, want := range []string{"msg=first", "i=0\n", fmt.Sprintf("lines=%d\n", dropped), "msg=last"} {
			if strings.Count(got, want) != 1 {
				t.Errorf("%q is there %d times", want, strings.Count(got, want))
			}
		}
		if lines := strings.Count(got, "\n"); lines != 1000-int(dropped)+3 {
			t.Errorf("%d lines", lines)
		}
		j.log.Info("too late")
		if j.dropped.Load() != dropped+1 {
			t.Error("a line behind the end is not counted")
		}
	})
}

// Lines that the output refuses are counted, and the next lines tell of them.
func TestJournalFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &reader{on: make(chan struct{}), err: errors.New("no space left")}
		close(out.on)
		j := openJournal(out, "info")
		j.log.Info("lost")
		synctest.Wait()
		if n := j.dropped.Load(); n != 1 {
			t.Errorf("%d lines count as dropped", n)
		}
		out.err = nil
		j.log.Info("kept")
		j.close()
		if got := out.got.String(); !strings.Contains(got, "msg=kept") || !strings.Contains(got, "lines=1\n") {
			t.Errorf("got %q", got)
		}
	})
}

// The end of the process does not wait for a reader that stalls.
func TestJournalEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &reader{on: make(chan struct{})}
		defer close(out.on)
		j := openJournal(out, "info")
		j.log.Info("stalls")
		began := time.Now()
		j.close()
		sayLast(&reader{on: out.on}, "brink: failed\n")
		if took := time.Since(began); took != journalEnd+lastTime {
			t.Errorf("took %v", took)
		}
	})
}
