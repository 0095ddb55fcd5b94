package main

import (
	"errors"
	"flag"
	"fmt"
	"log"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"brink/test/peers"
)

// server is one that a trace is replayed against.
type server struct {
	name, command string // the command that it needs; none: brink's own
	memory, disk  bool   // which budgets it has a use for
	start         func(peers.Setup) (*peers.Process, error)
	cache         string // the folder of Setup.Dir where it stores
}

var servers = []server{
	{"brink", "", true, false, peers.Brink, ""},
	{"varnish", "varnishd", true, false, peers.Varnish, ""},
	{"brink-disk", "", true, true, peers.Brink, "cache"},
	{"nginx", "nginx", false, true, peers.Nginx, "cache"},
	{"trafficserver", "traffic_server", true, true, peers.TrafficServer, "cache"},
}

// plan is what one run does.
type plan struct {
	servers      []server
	traces       []trace
	memory, disk int64
	clients      int
}

func main() {
	log.SetFlags(0)
	only := flag.String("only", "", "comma separated servers (brink, varnish, brink-disk, nginx, trafficserver); default all")
	file := flag.String("trace", "", "file with lines \"url size\", instead of the built-in traces")
	requests := flag.Int("requests", 120_000, "length of the built-in traces")
	objects := flag.Int("objects", 40_000, "objects of the built-in traces that are asked for by the Zipf law")
	memory := flag.Int64("memory", 64, "budget in MiB")
	disk := flag.Int64("disk", 256, "budget in MiB")
	clients := flag.Int("clients", 4, "requests at a time")
	out := flag.String("out", "dist/hitratio", "directory for the results")
	flag.Parse()
	p := plan{memory: *memory << 20, disk: *disk << 20, clients: *clients}
	p.servers = slices.DeleteFunc(slices.Clone(servers), func(s server) bool {
		return *only != "" && !slices.Contains(strings.Split(*only, ","), s.name)
	})
	if *file != "" {
		t, err := read(*file)
		if err != nil {
			log.Fatal("hitratio: ", err)
		}
		p.traces = []trace{t}
	} else {
		p.traces = []trace{draw("zipf", *requests, *objects, 0), draw("zipf+scan", *requests, *objects, 33)}
	}
	results, err := p.run()
	if err == nil {
		fmt.Print(table(results))
		err = write(results, *out)
	}
	if err != nil {
		log.Fatal("hitratio: ", err)
	}
}

// run replays every trace against every server, in turn.
func (p *plan) run() (results []result, err error) {
	var commands []string
	for _, s := range p.servers {
		if s.command != "" {
			commands = append(commands, s.command)
		}
	}
	if err := peers.Check(commands...); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "brink-hitratio")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := errors.Join(peers.OpenUp(dir), peers.Build(dir)); err != nil {
		return nil, err
	}
	for i := range p.traces {
		t := &p.traces[i]
		fmt.Fprintln(os.Stderr, t.describe())
		for _, s := range p.servers {
			r, err := p.measure(t, s, dir)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", s.name, err)
			}
			fmt.Fprintf(os.Stderr, "  %-14s %.1f %% of requests, %.1f %% of bytes, %.0f s\n", s.name, 100*r.Requests, 100*r.Bytes, r.Seconds)
			results = append(results, r)
		}
		results = append(results,
			t.yardstick("(LRU of the RAM)", p.memory), t.yardstick("(LRU of the disk)", p.disk), t.yardstick("(unbounded)", math.MaxInt64))
	}
	return results, nil
}

// measure replays a trace against a server that starts empty.
func (p *plan) measure(t *trace, s server, parent string) (r result, err error) {
	dir, err := os.MkdirTemp(parent, s.name)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	// Workers of the peers give up root and must get at their files.
	if err := os.Chmod(dir, 0o777); err != nil {
		return r, err
	}
	o, err := startOrigin()
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, o.stop()) }()
	setup := peers.Setup{Dir: dir, Processors: "0,1", Port: "18910", Origin: o.port, Access: "off"}
	if s.memory {
		setup.Memory = p.memory
	}
	if s.disk {
		setup.Disk = p.disk
	}
	process, err := s.start(setup)
	if err != nil {
		return r, err
	}
	defer process.Stop()
	if err := peers.AwaitOK(process.Address, "/5/ready", 20*time.Second); err != nil {
		return r, err
	}
	most := func() int64 { return 0 }
	if s.cache != "" {
		most = gauge(filepath.Join(dir, s.cache))
	}
	n, took, err := p.count(t, process.Address, o)
	r = t.result(s.name, n)
	r.Memory, r.Disk, r.Most, r.Seconds = setup.Memory, setup.Disk, most(), took.Seconds()
	return r, err
}

// count returns what reaches the origin of the second half of a trace.
func (p *plan) count(t *trace, address string, o *origin) (n tally, took time.Duration, err error) {
	warm, counted := t.halves()
	if err := replay(address, warm, p.clients); err != nil {
		return n, 0, err
	}
	before, begun := o.count(), time.Now()
	err = replay(address, counted, p.clients)
	return o.count().minus(before), time.Since(begun), err
}
