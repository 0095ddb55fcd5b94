package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"brink/purge"
	"brink/purge/bus"
)

var (
	nodes   = flag.Int("nodes", 20, "nodes, one of them with the server")
	purges  = flag.Int("purges", 1000, "purges, one after the other, whose latency is measured")
	callers = flag.Int("callers", 4000, "callers at a time, for the rate")
	seconds = flag.Int("seconds", 10, "for the rate")
)

func main() {
	flag.Parse()
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "purgebench:", err)
		os.Exit(1)
	}
}

// node is a log with its bus.
type node struct {
	log *purge.Log
	bus *bus.Bus
}

const names = purge.Names(1)

func resolve(item purge.Item) ([]purge.Rule, error) {
	return []purge.Rule{{Kind: purge.Tag, ID: names.Tag(item.Name)}}, nil
}

func run() (err error) {
	dir, err := os.MkdirTemp("", "purgebench")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	address, err := freeAddress()
	if err != nil {
		return err
	}
	all := make([]node, *nodes)
	defer func() {
		for _, n := range slices.Backward(all) {
			if n.bus != nil {
				err = errors.Join(err, n.bus.Close(), n.log.Close())
			}
		}
	}()
	for i := range all {
		if all[i], err = start(i, dir, address); err != nil {
			return err
		}
	}
	if err := latency(all); err != nil {
		return err
	}
	return rate(all)
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// start starts a node; the first has the server.
func start(i int, dir, address string) (n node, err error) {
	id := fmt.Sprintf("node-%d", i)
	if n.log, err = purge.Open(filepath.Join(dir, id), names, 0, 0); err != nil {
		return n, err
	}
	o := bus.Options{Node: id, Log: n.log, Servers: []string{"nats://" + address}}
	if i == 0 {
		o.Servers, o.Embedded = nil, &bus.Embedded{Store: filepath.Join(dir, "fleet"), Clients: address}
	}
	n.bus = bus.New(o)
	if err := n.bus.Start(resolve, time.Minute); err != nil {
		return n, err
	}
	if s := n.bus.State(); !s.InSync {
		return n, fmt.Errorf("%s is not in sync", id)
	}
	return n, nil
}

// latency purges from each node in turn.
func latency(all []node) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	var here, everywhere, receipts []time.Duration
	for i := range *purges {
		n := all[i%len(all)]
		began := time.Now()
		seq, err := n.bus.Publish(ctx, []purge.Item{{Kind: purge.Tag, Name: fmt.Sprint(i)}})
		if err != nil {
			return err
		}
		here = append(here, time.Since(began))
		for _, other := range all {
			if err := other.bus.Applied(ctx, seq); err != nil {
				return err
			}
		}
		everywhere = append(everywhere, time.Since(began))
		for _, state := range n.bus.Wait(ctx, seq) {
			if state.Standing != bus.HasApplied {
				return fmt.Errorf("%+v", state)
			}
		}
		receipts = append(receipts, time.Since(began))
	}
	fmt.Printf("%d nodes, %d purges one after the other, from each node in turn\n", len(all), *purges)
	fmt.Printf("%-46s %10s %10s %10s\n", "from the call until", "p50", "p99", "max")
	show("the stream and the node itself have it", here)
	show("the last node has put it in force", everywhere)
	show("all nodes have told the caller's", receipts)
	return nil
}

func show(what string, took []time.Duration) {
	slices.Sort(took)
	round := func(d time.Duration) time.Duration { return d.Round(10 * time.Microsecond) }
	fmt.Printf("%-46s %10v %10v %10v\n", what, round(took[len(took)/2]), round(took[len(took)*99/100]), round(took[len(took)-1]))
}

// rate has many callers purge one item each, again and again, on one node.
func rate(all []node) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(*seconds)*time.Second)
	defer cancel()
	var done, last atomic.Uint64
	var failed atomic.Pointer[error]
	var calling sync.WaitGroup
	began := time.Now()
	for c := range *callers {
		calling.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				seq, err := all[0].bus.Publish(ctx, []purge.Item{{Kind: purge.Tag, Name: fmt.Sprint(c, " ", i)}})
				switch {
				case err == nil:
					done.Add(1)
					for was := last.Load(); was < uint64(seq) && !last.CompareAndSwap(was, uint64(seq)); was = last.Load() {
					}
				case ctx.Err() == nil:
					failed.Store(&err)
					return
				}
			}
		})
	}
	calling.Wait()
	took := time.Since(began)
	if err := failed.Load(); err != nil {
		return *err
	}
	for _, n := range all {
		late, cancel := context.WithTimeout(context.Background(), time.Minute)
		err := n.bus.Applied(late, purge.Seq(last.Load()))
		cancel()
		if err != nil {
			return err
		}
	}
	fmt.Printf("%d callers on one node: %.0f purges/s, %d in all; the last node was %v behind at the end\n",
		*callers, float64(done.Load())/took.Seconds(), done.Load(), (time.Since(began) - took).Round(time.Millisecond))
	return nil
}
