package engine

import (
	"testing"
	"time"
)

// With a rate of 0, a client may be as slow as it likes while it moves at all.
func TestAnyRate(t *testing.T) {
	c := Config{BodyTimeout: 5 * time.Second, BodyGrace: time.Millisecond}.withDefaults()
	p := Pace{}
	p.Progress(0)
	if by := p.Pause(0, &c); by != 5*time.Second {
		t.Errorf("a wait may last %v", by)
	}
	p.Resume(time.Hour)
	p.Progress(1)
	if p.TooSlow(&c) {
		t.Error("a byte in an hour is too slow")
	}
}

// A client has the grace, or the time that its bytes need at the least rate.
func TestRate(t *testing.T) {
	c := Config{BodyTimeout: 5 * time.Second, BodyGrace: 2 * time.Second, MinRate: 100}
	for _, w := range []struct {
		bytes int64
		spent time.Duration // in waits before this one
		by    time.Duration // how long this one may last
		slow  bool
	}{
		{0, 0, 2 * time.Second, false},
		{0, 1500 * time.Millisecond, 500 * time.Millisecond, false},
		{0, 2 * time.Second, 1, true},
		{150, 1 * time.Second, 1 * time.Second, false},
		{500, 1 * time.Second, 4 * time.Second, false},
		{5000, 1 * time.Second, 5 * time.Second, false},
		{500, 6 * time.Second, 1, true},
	} {
		p := Pace{}
		p.Progress(1000)
		p.Pause(0, &c)
		p.Resume(w.spent)
		if more := p.Progress(1000 + w.bytes); more != (w.bytes > 0) {
			t.Errorf("%+v: progress is %v", w, more)
		}
		const now = time.Hour
		if by := p.Pause(now, &c) - now; by != w.by {
			t.Errorf("%+v: may last %v", w, by)
		}
		if p.TooSlow(&c) != w.slow {
			t.Errorf("%+v: too slow is %v", w, !w.slow)
		}
	}
}

// Time that the client is not waited for does not count.
func TestOnlyWaitsCount(t *testing.T) {
	c := Config{BodyTimeout: time.Minute, BodyGrace: 2 * time.Second, MinRate: 100}
	p := Pace{}
	p.Progress(0)
	p.Pause(0, &c)
	p.Resume(time.Second)
	p.Resume(time.Hour) // there is no wait to end
	if p.TooSlow(&c) || p.spent != time.Second {
		t.Errorf("spent %v", p.spent)
	}
}
