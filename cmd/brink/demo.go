package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"brink/conf"
	"brink/edge/meter"
)

type demoCommand struct {
	Listen string `help:"Where the node listens." default:"127.0.0.1:8080"`
	Admin  string `help:"Where its admin listener is." default:"127.0.0.1:9080"`
}

// demoConf is the conf of the demo's node. It is an example of a first conf file.
const demoConf = `
node {
  id = "demo"
}
listen "web" {
  address = %q
}
admin {
  address = %q
}
origin "demo" {
  server "http://%s" {}
}
site "demo" {
  hosts  = ["*"]
  origin = "demo"
  purge {
    allow = ["127.0.0.1", "::1"]
  }
}
log {
  access = "off"
  level  = "error"
}
`

const demoText = `A small origin is at http://%[2]s and a node in front of it at http://%[1]s.

Try, in another terminal:

  curl -i http://%[1]s/          fresh for 10 s: a miss, then hits (see Cache-Status and Age)
  curl -i http://%[1]s/private   never shared: asked for each time
  for i in 1 2 3 4 5 6 7 8; do curl -s http://%[1]s/slow & done; wait
                                        eight at once, one fetch: the others are collapsed
  curl -X PURGE http://%[1]s/slow   out of force, at once
  curl -s -r 0-15 http://%[1]s/big   a range, cut from the stored whole
  curl -s http://%[3]s/metrics | grep brink_requests_total
  go run ./cmd/brink explain --admin %[3]s http://%[1]s/

Ctrl-C ends it. Requests as they happen:

`

func (c demoCommand) Run() error {
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer cancel()
	origin, address, err := startDemoOrigin()
	if err != nil {
		return err
	}
	defer origin.Close()
	source := fmt.Appendf(nil, demoConf, c.Listen, c.Admin, address)
	load := func() (*conf.Config, error) { return conf.Parse("demo.hcl", source) }
	config, err := load()
	if err != nil {
		return err
	}
	j := openJournal(os.Stderr, config.Log.Level)
	defer j.close()
	p, err := startProcess(config, load, j)
	if err != nil {
		return err
	}
	fmt.Printf(demoText, c.Listen, address, c.Admin)
	context.AfterFunc(ctx, cancel) // another signal then ends the process at once, even if a part has stalled
	p.watch(ctx)
	return p.stop()
}

func startDemoOrigin() (*http.Server, string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, "", fmt.Errorf("start the demo's origin: %w", err)
	}
	server := &http.Server{Handler: (&demoOrigin{}).handler(), ReadHeaderTimeout: 10 * time.Second}
	go func() {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			slog.Error("the demo's origin ended", slog.Any("error", err))
		}
	}()
	return server, l.Addr().String(), nil
}

// watch prints a line after new requests, until ctx ends.
func (p *process) watch(ctx context.Context) {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	last := p.node.Stats().Counts
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := p.node.Stats().Counts
		if now.Requests != last.Requests {
			fmt.Println(demoLine(time.Now(), &last, &now))
		}
		last = now
	}
}

// demoLine returns a line with the requests since the last one, by outcome, and the sums.
func demoLine(at time.Time, last, now *meter.Counts) string {
	return fmt.Sprintf("%s  hits %+d (%d)  misses %+d (%d)  collapsed %+d (%d)  passed %+d (%d)  stale %+d (%d)",
		at.Format(time.TimeOnly),
		now.Hits-last.Hits, now.Hits, now.Misses-last.Misses, now.Misses,
		now.Collapsed-last.Collapsed, now.Collapsed, now.Passes-last.Passes, now.Passes,
		now.Stale-last.Stale, now.Stale)
}
