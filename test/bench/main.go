package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// plan is what one run of the benchmark does.
type plan struct {
	duration    time.Duration // of one measurement
	rounds      int           // of all servers in turn; the median counts
	connections int
	servers     []string
	cases       []string
	script      string // for wrk, to ask for what is on disk
}

func main() {
	log.SetFlags(0)
	quick := flag.Bool("quick", false, "shorter and fewer measurements")
	only := flag.String("only", "", "comma separated servers (brink, brink-log, brink-purged, nginx, nginx-fields, varnish, trafficserver, floor, brink-disk, trafficserver-disk); default all")
	cases := flag.String("cases", "", "comma separated cases (1KiB, 10KiB, 100KiB, 1MiB, miss, disk-100KiB); default all")
	rounds := flag.Int("rounds", 0, "of all servers in turn, of which the median counts; default 3, or 1 if quick")
	out := flag.String("out", "dist/bench", "directory for the results")
	flag.Parse()
	p := plan{duration: 5 * time.Second, rounds: 3, connections: 64}
	if *quick {
		p.duration, p.rounds = 2*time.Second, 1
	}
	if *rounds > 0 {
		p.rounds = *rounds
	}
	p.servers = choose(*only, serverNames)
	p.cases = choose(*cases, caseNames())
	if err := run(&p, *out); err != nil {
		log.Fatal("bench: ", err)
	}
}

func choose(list string, all []string) []string {
	if list == "" {
		return all
	}
	return strings.Split(list, ",")
}

func run(p *plan, out string) error {
	if err := checkTools(p.servers); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "brink-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	bench, err := prepare(p, dir)
	if err != nil {
		return err
	}
	defer bench.stop()
	results, err := bench.measure(p)
	if err != nil {
		return err
	}
	fmt.Print(table(results))
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	return write(results, filepath.Join(out, "bench"))
}
