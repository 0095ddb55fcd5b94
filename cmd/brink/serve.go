package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"brink/conf"
)

type serveCommand struct {
	Conf string `arg:"" help:"A conf file, or a directory of *.hcl files."`
}

var (
	errEndedAtOnce = errors.New("ended at once by a second signal, without waiting for what was under way")
	errNotStarted  = errors.New("ended by a signal before all had started")
)

// Run serves until SIGTERM or SIGINT; another one ends it at once. SIGHUP reads
// the conf again, SIGUSR1 opens the access log again.
func (c serveCommand) Run() error {
	config, err := conf.Load(c.Conf)
	if err != nil {
		return fmt.Errorf("%s is not valid\n%w", c.Conf, err)
	}
	s := service{signals: make(chan os.Signal, 4)}
	signal.Notify(s.signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGUSR1)
	if err := s.start(config, func() (*conf.Config, error) { return conf.Load(c.Conf) }); err != nil {
		return err
	}
	for _, got := range s.waiting {
		s.take(got)
	}
	for !s.stopping {
		s.take(<-s.signals)
	}
	return s.stop()
}

// service is a process and the signals that it gets.
type service struct {
	signals  chan os.Signal
	process  *process
	stopping bool
	waiting  []os.Signal // those that came before all had started
}

// start waits until all has started. After a signal to stop it waits no longer than
// a node that serves would; after a second one it does not wait.
func (s *service) start(config *conf.Config, load func() (*conf.Config, error)) error {
	started := make(chan error, 1)
	go func() {
		p, err := startProcess(config, load)
		s.process = p
		started <- err
	}()
	var late <-chan time.Time
	for {
		select {
		case err := <-started:
			return err
		case got := <-s.signals:
			switch {
			case !stops(got):
				s.waiting = append(s.waiting, got)
				continue
			case s.stopping:
				return errNotStarted
			}
			s.stopping = true
			late = time.After(config.Node.DrainTimeout)
		case <-late:
			return errNotStarted
		}
	}
}

// stops reports whether a signal asks for the end.
func stops(s os.Signal) bool { return s == syscall.SIGTERM || s == syscall.SIGINT }

// take does what a signal asks for.
func (s *service) take(got os.Signal) {
	switch {
	case stops(got):
		s.stopping = true
	case got == syscall.SIGHUP:
		// The outcome is logged; the last good set stays on an error.
		_, _ = s.process.reload()
	default:
		if err := s.process.access.Reopen(); err != nil {
			s.process.log.Error("reopen the access log", slog.Any("error", err))
		}
	}
}

// stop ends the process. Signals other than those to stop mean nothing any more.
func (s *service) stop() error {
	ended := make(chan error, 1)
	go func() { ended <- s.process.stop() }()
	for {
		select {
		case err := <-ended:
			return err
		case got := <-s.signals:
			if stops(got) {
				return errEndedAtOnce
			}
		}
	}
}
