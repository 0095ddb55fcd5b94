package health

import (
	"testing"
	"time"
)

const (
	ms  = time.Millisecond
	sec = time.Second
)

func none(time.Duration) time.Duration   { return 0 }
func most(d time.Duration) time.Duration { return d - 1 }

// event is something that happens to a State. It returns the pause, whether the server is
// back, or the role.
type event func(s *State, now time.Duration) time.Duration

type rows []struct {
	now   time.Duration
	event event
	gives time.Duration
	then  Verdict
}

// Each row is one event on the State that the rows before have left.
func TestEjection(t *testing.T) {
	fail := func(r Role) event {
		return func(s *State, now time.Duration) time.Duration { return s.Fail(now, r, none) }
	}
	succeed := func(begun time.Duration, r Role) event {
		return func(s *State, _ time.Duration) time.Duration {
			if s.Succeed(begun, r) {
				return 1
			}
			return 0
		}
	}
	admit := func(s *State, now time.Duration) time.Duration { return time.Duration(s.Admit(now)) }
	const trial = time.Duration(Trial)
	for _, c := range []struct {
		name string
		rows rows
	}{
		{"the pause doubles with each failed trial, up to the longest", rows{
			{10 * sec, admit, 0, Healthy},
			{10 * sec, fail(Ordinary), 1 * sec, Ejected},
			{11*sec - 1, admit, 0, Ejected},
			{11 * sec, admit, trial, Ejected},
			{11 * sec, fail(Trial), 2 * sec, Ejected},
			{13 * sec, admit, trial, Ejected},
			{13 * sec, fail(Trial), 4 * sec, Ejected},
			{17 * sec, admit, trial, Ejected},
			{17 * sec, fail(Trial), 8 * sec, Ejected},
			{25 * sec, admit, trial, Ejected},
			{25 * sec, fail(Trial), 16 * sec, Ejected},
			{41 * sec, admit, trial, Ejected},
			{41 * sec, fail(Trial), 30 * sec, Ejected},
			{71 * sec, admit, trial, Ejected},
			{71 * sec, fail(Trial), 30 * sec, Ejected},
		}},
		{"requests that were under way change nothing", rows{
			{10 * sec, fail(Ordinary), 1 * sec, Ejected},
			{10*sec + ms, fail(Ordinary), 0, Ejected},
			{11*sec - 1, admit, 0, Ejected},
			{11 * sec, admit, trial, Ejected},
		}},
		{"a success ends the growth", rows{
			{10 * sec, fail(Ordinary), 1 * sec, Ejected},
			{11 * sec, admit, trial, Ejected},
			{11 * sec, fail(Trial), 2 * sec, Ejected},
			{13 * sec, admit, trial, Ejected},
			{13 * sec, succeed(13*sec, Trial), 1, Healthy},
			{13 * sec, succeed(13*sec, Ordinary), 0, Healthy},
			{14 * sec, fail(Ordinary), 1 * sec, Ejected},
		}},
		{"an answer to a request from before the failure does not count", rows{
			{10 * sec, fail(Ordinary), 1 * sec, Ejected},
			{10*sec + ms, succeed(10*sec, Ordinary), 0, Ejected},
			{10*sec + ms, succeed(10*sec+1, Ordinary), 1, Healthy},
		}},
		{"the answer to a trial counts, even if another request failed since", rows{
			{10 * sec, fail(Ordinary), 1 * sec, Ejected},
			{11 * sec, admit, trial, Ejected},
			{12*sec - 1, fail(Ordinary), 0, Ejected},
			{12*sec - 1, succeed(11*sec, Trial), 1, Healthy},
		}},
		{"a trial without a result is followed by another one", rows{
			{10 * sec, fail(Ordinary), 1 * sec, Ejected},
			{11 * sec, admit, trial, Ejected},
			{12*sec - 1, admit, 0, Ejected},
			{12 * sec, admit, trial, Ejected},
		}},
	} {
		var s State
		for i, row := range c.rows {
			if got := row.event(&s, row.now); got != row.gives {
				t.Errorf("%s, row %d: gives %d, want %d", c.name, i, got, row.gives)
			}
			if got := s.At(row.now); got != row.then {
				t.Errorf("%s, row %d: verdict %d, want %d", c.name, i, got, row.then)
			}
			if s.Failing() != (row.then != Healthy) {
				t.Errorf("%s, row %d: failing is %v", c.name, i, s.Failing())
			}
		}
	}
}

// The random part shortens the pause by at most a fifth, and does not grow with it.
func TestRandomPart(t *testing.T) {
	var s State
	if got := s.Fail(10*sec, Ordinary, most); got != 800*ms+1 {
		t.Errorf("a pause of %s", got)
	}
	if s.At(10*sec+800*ms) != Ejected || s.At(10*sec+800*ms+1) != Due {
		t.Error("the pause is not what Fail returned")
	}
	now := 11 * sec
	if s.Admit(now) != Trial || s.Fail(now, Trial, most) != 1600*ms+1 {
		t.Error("the random part was doubled too")
	}
}

func TestCounts(t *testing.T) {
	var s State
	for i := range time.Duration(3) {
		now := (i + 1) * time.Minute
		s.Fail(now, Ordinary, none)
		s.Fail(now+ms, Ordinary, none)
		if s.LastFailure() != now+ms || s.Ejections() != uint64(i+1) {
			t.Errorf("the last failure at %s, %d ejections", s.LastFailure(), s.Ejections())
		}
		s.Fail(now+sec, s.Admit(now+sec), none)
		s.Succeed(now+2*sec, Ordinary)
	}
	if s.Ejections() != 3 || s.Failing() {
		t.Errorf("%+v", s)
	}
}

func TestUnsolicited(t *testing.T) {
	var s State
	for i, c := range []struct {
		now    time.Duration
		answer bool // an unsolicited one comes
		news   bool
		reuses bool // afterwards
	}{
		{1 * sec, false, false, true},
		{2 * sec, true, true, false},
		{12*sec - 1, false, false, false},
		{12*sec - 1, true, false, false}, // begins anew, and is no news
		{12 * sec, false, false, false},
		{22*sec - 1, false, false, true},
		{22*sec - 1, true, true, false},
	} {
		if c.answer {
			if got := s.Unsolicited(c.now); got != c.news {
				t.Errorf("row %d: news is %v", i, got)
			}
		}
		if got := s.Reuses(c.now); got != c.reuses {
			t.Errorf("row %d: reuses is %v", i, got)
		}
	}
	if s.Answers() != 3 || s.At(30*sec) != Healthy {
		t.Errorf("%+v", s)
	}
}
