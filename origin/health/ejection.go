package health

import "time"

// FirstPause is how long a server is ejected after its first failure, LongestPause the
// most. Each failed trial doubles the pause.
const (
	FirstPause   = time.Second
	LongestPause = 30 * time.Second
)

// State is what is known about one server. The zero State is a healthy server. Times are
// on a clock of the caller's that is past 0.
//
//	          failure               pause over: one request is the trial
//	Healthy ----------> Ejected -----------------------------------------> Due
//	   ^                   ^               failure: twice the pause         |
//	   |                   +-----------------------------------------------+
//	   +---------------------------- success ------------------------------+
type State struct {
	until     time.Duration // when the pause ends; 0: no failure since the last success
	failed    time.Duration // when the last failure was
	pause     time.Duration // the last pause, without its random part
	ejections uint64

	noReuse     time.Duration // connections are used once until then; 0: they are reused
	unsolicited uint64
}

// Verdict says whether a server may be asked.
type Verdict uint8

const (
	Healthy Verdict = iota
	Ejected         // ask other servers
	Due             // the pause is over: one request may try the server
)

// Role is what a request means to the health of its server.
type Role uint8

const (
	Ordinary Role = iota
	Trial         // its outcome decides whether the server stays ejected
)

// At returns the verdict at the time now.
func (s *State) At(now time.Duration) Verdict {
	switch {
	case s.until == 0:
		return Healthy
	case s.until > now:
		return Ejected
	}
	return Due
}

// Failing reports whether the server has failed and not succeeded since.
func (s *State) Failing() bool { return s.until != 0 }

// LastFailure is when the server failed last.
func (s *State) LastFailure() time.Duration { return s.failed }

// Ejections is how often the server has been ejected. A failed trial does not count.
func (s *State) Ejections() uint64 { return s.ejections }

// Admit returns the role of a request that is sent at the time now. After Due, only the
// first request is the trial: the server is ejected for as long as the pause again, or
// until the trial ends.
func (s *State) Admit(now time.Duration) Role {
	if s.At(now) != Due {
		return Ordinary
	}
	s.until = now + s.pause
	return Trial
}

// Fail notes that a request failed at the time now. It returns the pause that begins, 0
// if none does: a server may fail again while it is ejected, as requests were under way
// or there is no other server. Then only a failed trial counts.
//
// random returns a value from 0 to below its argument. It shortens the pause by up to a
// fifth, so that several nodes do not try the server at the same time.
func (s *State) Fail(now time.Duration, role Role, random func(time.Duration) time.Duration) (pause time.Duration) {
	s.failed = now
	switch {
	case s.until == 0:
		s.pause = FirstPause
		s.ejections++
	case role == Trial:
		s.pause = min(2*s.pause, LongestPause)
	default:
		return 0
	}
	pause = s.pause - random(s.pause/5)
	s.until = now + pause
	return pause
}

// Succeed notes that a request, sent at the time begun, was answered. It reports whether
// that makes the server healthy again. The answer to a request that was sent before the
// last failure does not, unless it was the trial.
func (s *State) Succeed(begun time.Duration, role Role) bool {
	if s.until == 0 || role != Trial && begun <= s.failed {
		return false
	}
	s.until, s.failed, s.pause = 0, 0, 0
	return true
}
