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
	// If nobody reads standard error, a write to it fails. It must not end the process.
	signal.Ignore(syscall.SIGPIPE)
	j := openJournal(os.Stderr, config.Log.Level)
	defer j.close()
	slog.SetDefault(j.log) // for libraries that log by themselves
	s := listenToSignals()
	if err := s.start(config, func() (*conf.Config, error) { return conf.Load(c.Conf) }, j); err != nil {
		return err
	}
	go s.reload()
	go s.reopen()
	if !s.stopping {
		<-s.stops
	}
	return s.stop()
}

// service is a process and the signals to it. Each kind of signal has a channel and a
// goroutine of its own, so that no kind is delayed by another.
type service struct {
	process  *process
	stops    chan os.Signal // SIGTERM and SIGINT; has room for the first and the second
	stopping bool           // the first has come during the start

	// SIGHUP and SIGUSR1. Each channel has room for one: all signals that come during a
	// reload lead to one more reload.
	reloads, reopens chan os.Signal
}

func listenToSignals() *service {
	s := &service{stops: make(chan os.Signal, 2), reloads: make(chan os.Signal, 1), reopens: make(chan os.Signal, 1)}
	signal.Notify(s.stops, syscall.SIGTERM, syscall.SIGINT)
	signal.Notify(s.reloads, syscall.SIGHUP)
	signal.Notify(s.reopens, syscall.SIGUSR1)
	return s
}

// start starts the process, and waits for that. After a signal to stop it waits at most for
// drain_timeout. After a second one it does not wait.
func (s *service) start(config *conf.Config, load func() (*conf.Config, error), j *journal) error {
	started := make(chan error, 1)
	go func() {
		p, err := startProcess(config, load, j)
		s.process = p
		started <- err
	}()
	var late <-chan time.Time
	for {
		select {
		case err := <-started:
			return err
		case <-s.stops:
			if s.stopping {
				return errNotStarted
			}
			s.stopping = true
			late = time.After(config.Node.DrainTimeout)
		case <-late:
			return errNotStarted
		}
	}
}

// reload reads the conf again at each signal, until the process ends.
func (s *service) reload() {
	for range s.reloads {
		// reload logs its error, and the conf before stays in force.
		_, _ = s.process.reload()
	}
}

// reopen opens the access log again at each signal, until the process ends.
func (s *service) reopen() {
	for range s.reopens {
		if err := s.process.access.Reopen(); err != nil {
			s.process.log.Error("reopen the access log", slog.Any("error", err))
		}
	}
}

// stop ends the process. Another signal ends the wait for that.
func (s *service) stop() error {
	ended := make(chan error, 1)
	go func() { ended <- s.process.stop() }()
	select {
	case err := <-ended:
		return err
	case <-s.stops:
		return errEndedAtOnce
	}
}
