package main

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A part that does not end is left behind and named, and those after it still
// end, in time.
func TestEndAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hold := make(chan struct{})
		defer close(hold)
		var ended []string
		end := func(name string, err error) part {
			return part{name, func() error { ended = append(ended, name); return err }}
		}
		hangs := part{"the fleet", func() error { <-hold; return nil }}
		full := errors.New("no space left")
		began := time.Now()
		err := endAll([]part{end("one", nil), hangs, hangs, end("two", full), end("three", nil)}, began.Add(endTime))
		if took := time.Since(began); took > endTime {
			t.Errorf("took %v", took)
		}
		if got := strings.Join(ended, " "); got != "one two three" {
			t.Errorf("ended: %s", got)
		}
		if !errors.Is(err, errNotInTime) || !errors.Is(err, full) || strings.Count(err.Error(), "end the fleet: it did not end in time") != 2 {
			t.Error(err)
		}
	})
}
