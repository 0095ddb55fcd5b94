package main

import (
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"brink/conf"
)

type serveCommand struct {
	Conf string `arg:"" help:"A conf file, or a directory of *.hcl files."`
}

// Run serves until SIGTERM or SIGINT. SIGHUP reads the conf again, SIGUSR1
// opens the access log again.
func (c serveCommand) Run() error {
	config, err := conf.Load(c.Conf)
	if err != nil {
		return fmt.Errorf("%s is not valid\n%w", c.Conf, err)
	}
	// One that comes before all has started waits until then.
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGUSR1)
	p, err := startProcess(config, func() (*conf.Config, error) { return conf.Load(c.Conf) })
	if err != nil {
		return err
	}
	for s := range signals {
		switch s {
		case syscall.SIGHUP:
			// The outcome is logged; the last good set stays on an error.
			_, _ = p.reload()
		case syscall.SIGUSR1:
			if err := p.access.Reopen(); err != nil {
				p.log.Error("reopen the access log", slog.Any("error", err))
			}
		default:
			signal.Stop(signals)
			return p.stop()
		}
	}
	return nil
}
