package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"brink/store/disk"
)

// progressLine shows progress. On a terminal it is one line that changes. Elsewhere it is a new
// line every few seconds.
type progressLine struct {
	w        io.Writer
	terminal bool
	every    time.Duration
	shown    time.Time
}

func newProgressLine() *progressLine {
	l := &progressLine{w: os.Stderr, every: 5 * time.Second, shown: time.Now()}
	if s, err := os.Stderr.Stat(); err == nil && s.Mode()&os.ModeCharDevice != 0 {
		l.terminal, l.every = true, 100*time.Millisecond
	}
	return l
}

func (l *progressLine) show(p disk.Progress) {
	if time.Since(l.shown) < l.every {
		return
	}
	l.shown = time.Now()
	text := p.Step
	switch {
	case p.Total > 0:
		text += fmt.Sprintf(": %d of %d (%d %%)", p.Done, p.Total, 100*p.Done/p.Total)
	case p.Done > 0:
		text += fmt.Sprintf(": %d", p.Done)
	}
	if l.terminal {
		fmt.Fprintf(l.w, "\r\x1b[K%s", text)
		return
	}
	fmt.Fprintln(l.w, text)
}

// end clears the line on a terminal.
func (l *progressLine) end() {
	if l.terminal {
		fmt.Fprint(l.w, "\r\x1b[K")
	}
}
