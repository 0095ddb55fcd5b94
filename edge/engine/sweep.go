package engine

import (
	"sync"
	"time"
)

// sweeper is the goroutine that has late connections woken. It runs from the first
// connection to Close.
type sweeper struct {
	begun, ended sync.Once
	quit, done   chan struct{}
}

func (w *sweeper) start(s *Server) {
	w.begun.Do(func() {
		s.Clock.read()
		w.quit, w.done = make(chan struct{}), make(chan struct{})
		go w.run(s)
	})
}

func (w *sweeper) stop() {
	w.begun.Do(func() {}) // it will not start any more
	w.ended.Do(func() {
		if w.quit != nil {
			close(w.quit)
			<-w.done
		}
	})
}

func (w *sweeper) run(s *Server) {
	defer close(w.done)
	t := time.NewTicker(s.Config.tick())
	defer t.Stop()
	for {
		select {
		case <-w.quit:
			return
		case <-t.C:
			now := s.Clock.read()
			s.Each(func(c Tracked) { c.Inspect(now) })
		}
	}
}

// tick is the time between two sweeps. A limit may be exceeded by as much.
func (c *Config) tick() time.Duration {
	shortest := min(c.HeadTimeout, c.IdleTimeout, c.BodyTimeout)
	return min(max(shortest/20, 5*time.Millisecond), 500*time.Millisecond)
}
