package admin

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"brink/conf"
)

const (
	headTimeout = 5 * time.Second
	bodyTimeout = 10 * time.Second // head included
	sendTimeout = 30 * time.Second // profiles and purges may take longer, and extend it
	idleTimeout = time.Minute
	maxHead     = 16 << 10 // bytes
	maxBody     = 64 << 10 // bytes
)

// Options are the parts and settings of a server.
type Options struct {
	Node       Node
	Purges     Purger
	Admin      conf.Admin
	Version    string // of the build, for brink_build_info
	Collectors []prometheus.Collector
	Log        *slog.Logger // nil: slog.Default
}

// Server answers on the admin listener.
type Server struct {
	node    Node
	purger  Purger
	guard   atomic.Pointer[guard]
	routes  []route
	metrics metrics

	receipts receipts

	log  *slog.Logger
	http http.Server
}

// New returns a server that is ready to Serve. It panics if two collectors have the same
// metric.
func New(o Options) *Server {
	s := &Server{node: o.Node, purger: o.Purges, log: o.Log}
	s.Apply(&o.Admin)
	if s.log == nil {
		s.log = slog.Default()
	}
	s.routes = s.table()
	s.metrics = newMetrics(o.Version, o.Collectors)
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	s.http = http.Server{
		Handler:           s,
		ReadHeaderTimeout: headTimeout,
		ReadTimeout:       bodyTimeout,
		WriteTimeout:      sendTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHead,
		Protocols:         protocols,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
	return s
}

// Apply puts the tokens of the admin block in force, also for open connections. A token that
// has used up its rate does not get it back. The address does not change.
func (s *Server) Apply(c *conf.Admin) { s.guard.Store(newGuard(c, s.guard.Load())) }

// Serve accepts connections from ln until Shutdown, and then returns nil. It closes ln.
func (s *Server) Serve(ln net.Listener) error {
	err := s.http.Serve(ln)
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// Shutdown stops accepting connections and waits for the requests under way. When ctx ends,
// it cuts off the rest.
func (s *Server) Shutdown(ctx context.Context) error {
	err := s.http.Shutdown(ctx)
	if err != nil {
		s.http.Close()
	}
	return err
}
