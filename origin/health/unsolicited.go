package health

import "time"

// NoReuse is how long each connection to a server is used for one request only after
// the server sent an answer on an idle connection. Such an answer may be on its way on
// another connection too, where the next request would take it for its own.
const NoReuse = 10 * time.Second

// Unsolicited notes that the server sent an answer on an idle connection at the time now.
// It reports whether its connections were reused until now.
func (s *State) Unsolicited(now time.Duration) (news bool) {
	s.unsolicited++
	news = s.Reuses(now)
	s.noReuse = now + NoReuse
	return news
}

// Reuses reports whether a connection that becomes idle at the time now may carry another
// request.
func (s *State) Reuses(now time.Duration) bool { return now >= s.noReuse }

// Answers is how many unsolicited answers have been noted.
func (s *State) Answers() uint64 { return s.unsolicited }
