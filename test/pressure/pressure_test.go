package pressure

import (
	"flag"
	"os"
	"testing"
	"time"
)

var all = flag.Bool("all", false, "run each row at full scale, one after the other, judge times as well, and print a table; otherwise a small version of each row")

var attackSpan = flag.Duration("span", time.Minute, "how long an attack lasts at full scale")

// TestMain also is the main function of crowds, which are processes of this binary.
func TestMain(m *testing.M) {
	if os.Getenv(crowdVariable) != "" {
		runCrowd()
		return
	}
	flag.Parse()
	at := "6"
	if *all {
		at = "1"
	}
	if err := flag.Set("test.parallel", at); err != nil {
		panic(err)
	}
	code := m.Run()
	if *all {
		table.print()
	}
	os.Exit(code)
}

// of returns a number as it is in a small version of a row, or at full scale.
func of[T any](small, full T) T {
	if *all {
		return full
	}
	return small
}

// Spans of a row with a probe.
func beforeSpan() time.Duration { return of(time.Second, min(10*time.Second, *attackSpan)) }
func duringSpan() time.Duration { return of(3*time.Second, *attackSpan) }
