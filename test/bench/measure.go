package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"brink/test/peers"
)

// A workload is one kind of request that is measured.
type workload struct {
	name string
	path string
	size int
	miss bool
	disk bool // of diskPaths paths below path, which RAM does not hold
}

// diskPaths is how many responses there are whose hits are to come from disk, or
// from the system's cache of it: 200 MB of them.
const diskPaths = 2000

var workloads = []workload{
	{name: "1KiB", path: "/1k", size: 1 << 10},
	{name: "10KiB", path: "/10k", size: 10 << 10},
	{name: "100KiB", path: "/100k", size: 100 << 10},
	{name: "1MiB", path: "/1m", size: 1 << 20},
	{name: "miss", path: "/miss", size: 1 << 10, miss: true},
	{name: "disk-100KiB", path: "/d", size: 100 << 10, disk: true},
}

func caseNames() []string {
	names := make([]string, len(workloads))
	for i, w := range workloads {
		names[i] = w.name
	}
	return names
}

// result is one measurement: requests a second, and CPU time of the server's
// processes per request in microseconds.
type result struct {
	Server   string  `json:"server"`
	Case     string  `json:"case"`
	Requests float64 `json:"requests_per_second"`
	CPU      float64 `json:"cpu_us_per_request"`
}

type benchmark struct {
	dir    string
	origin *peers.Process
}

// prepare builds what is measured and starts the origin.
func prepare(p *plan, dir string) (*benchmark, error) {
	b := &benchmark{dir: dir}
	if err := buildServers(p.servers, dir); err != nil {
		return nil, err
	}
	origin, err := startOrigin(dir)
	if err != nil {
		return nil, fmt.Errorf("start the origin: %w", err)
	}
	b.origin = origin
	p.script = filepath.Join(dir, "disk.lua")
	if err := os.WriteFile(p.script, []byte(diskScript("/d")), 0o644); err != nil {
		return nil, err
	}
	return b, nil
}

func (b *benchmark) stop() { b.origin.Stop() }

// measure runs every case on every server, in turn, and keeps all rounds.
func (b *benchmark) measure(p *plan) ([]result, error) {
	var results []result
	for round := range p.rounds {
		for _, name := range p.servers {
			fmt.Fprintf(os.Stderr, "round %d of %d: %s\n", round+1, p.rounds, name)
			rs, err := b.measureServer(p, name)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			results = append(results, rs...)
		}
	}
	return results, nil
}

func (b *benchmark) measureServer(p *plan, name string) ([]result, error) {
	dir, err := os.MkdirTemp(b.dir, name)
	if err != nil {
		return nil, err
	}
	// Workers of the peers give up root and must get at their files.
	if err := os.Chmod(dir, 0o777); err != nil {
		return nil, err
	}
	s, err := servers[name](dir)
	if err != nil {
		return nil, err
	}
	defer s.Stop()
	if err := peers.AwaitOK(s.Address, "/1k", 20*time.Second); err != nil {
		return nil, err
	}
	var results []result
	for _, w := range workloads {
		if !slices.Contains(p.cases, w.name) || !takes(name, w) {
			continue
		}
		r, err := load(p, s, w)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", w.name, err)
		}
		r.Server = name
		fmt.Fprintf(os.Stderr, "  %-7s %9.0f requests/s %8.1f us CPU\n", w.name, r.Requests, r.CPU)
		results = append(results, r)
	}
	return results, nil
}

// takes reports whether a workload is for a server.
func takes(name string, w workload) bool {
	switch {
	case w.disk:
		return name == "nginx" || onDisk[name]
	case name == "floor":
		return !w.miss && w.size <= 100<<10
	}
	return !onDisk[name]
}

// load warms the server up and measures one workload.
func load(p *plan, s *peers.Process, w workload) (result, error) {
	if err := warm(s, w); err != nil {
		return result{}, err
	}
	wrk := func(d time.Duration) (loadResult, error) {
		if w.disk {
			return wrk(p, d, s.Address, "-s", p.script)
		}
		return wrk(p, d, s.Address+w.path)
	}
	if _, err := wrk(500 * time.Millisecond); err != nil {
		return result{}, err
	}
	before, err := cpuTime(s.PIDs())
	if err != nil {
		return result{}, err
	}
	out, err := wrk(p.duration)
	if err != nil {
		return result{}, err
	}
	after, err := cpuTime(s.PIDs())
	if err != nil {
		return result{}, err
	}
	if out.failed > 0 {
		return result{}, fmt.Errorf("%d requests failed", out.failed)
	}
	return result{
		Case: w.name, Requests: out.perSecond,
		CPU: float64((after - before).Microseconds()) / out.requests,
	}, nil
}

// warm asks until the answer is there, and where it is to come from disk, often
// enough that all of them go there, and then waits until they have.
func warm(s *peers.Process, w workload) error {
	if !w.disk {
		return peers.AwaitOK(s.Address, w.path, 5*time.Second)
	}
	for range 3 {
		for i := range diskPaths {
			if err := peers.AwaitOK(s.Address, w.path+"/"+strconv.Itoa(i), 5*time.Second); err != nil {
				return err
			}
		}
	}
	time.Sleep(3 * time.Second)
	return nil
}

// diskScript has wrk ask for any of the responses on disk.
func diskScript(path string) string {
	return fmt.Sprintf("request = function() return wrk.format('GET', '%s/' .. math.random(0, %d)) end\n", path, diskPaths-1)
}

type loadResult struct {
	perSecond float64
	requests  float64
	failed    int
}

var (
	perSecondLine = regexp.MustCompile(`Requests/sec:\s+([0-9.]+)`)
	requestsLine  = regexp.MustCompile(`([0-9]+) requests in`)
	failedLine    = regexp.MustCompile(`Non-2xx or 3xx responses: ([0-9]+)`)
	socketLine    = regexp.MustCompile(`Socket errors: connect ([0-9]+), read ([0-9]+), write ([0-9]+), timeout ([0-9]+)`)
)

func wrk(p *plan, d time.Duration, args ...string) (loadResult, error) {
	args = append([]string{"-c", "1", "wrk", "-t1", "-c" + strconv.Itoa(p.connections),
		"-d" + strconv.Itoa(max(1, int(d.Seconds()))) + "s"}, args...)
	cmd := exec.Command("taskset", args...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return loadResult{}, fmt.Errorf("wrk: %w\n%s", err, out)
	}
	var r loadResult
	r.perSecond = number(perSecondLine, out)
	r.requests = number(requestsLine, out)
	r.failed = int(number(failedLine, out))
	if m := socketLine.FindSubmatch(out); m != nil {
		return r, fmt.Errorf("wrk: %s", m[0])
	}
	if r.requests == 0 {
		return r, fmt.Errorf("wrk made no request:\n%s", out)
	}
	return r, nil
}

func number(line *regexp.Regexp, out []byte) float64 {
	m := line.FindSubmatch(out)
	if m == nil {
		return 0
	}
	n, err := strconv.ParseFloat(string(m[1]), 64)
	if err != nil {
		return 0
	}
	return n
}

// cpuTime is the user and system time that processes have used.
func cpuTime(pids []int) (time.Duration, error) {
	var ticks int64
	for _, pid := range pids {
		stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
		if err != nil {
			return 0, err
		}
		// The command name may hold spaces: count fields behind its bracket.
		fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
		for _, i := range []int{11, 12} {
			n, err := strconv.ParseInt(fields[i], 10, 64)
			if err != nil {
				return 0, err
			}
			ticks += n
		}
	}
	return time.Duration(ticks) * (time.Second / 100), nil
}
