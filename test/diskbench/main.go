package main

import (
	"errors"
	"flag"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"brink/store"
	"brink/store/disk"
)

// plan is what is written.
type plan struct {
	bytes, budget int64
	rate          int64 // bytes a second; 0: as fast as the tier takes it
	least, most   int   // bytes of a body
}

func main() {
	log.SetFlags(0)
	var p plan
	gib := flag.Int64("gib", 20, "how much is written")
	budget := flag.Int64("budget", 2048, "budget of the tier, in MiB")
	rate := flag.Int64("rate", 0, "MiB a second; 0: as fast as the tier takes it")
	flag.IntVar(&p.least, "least", 512, "bytes of the shortest body")
	flag.IntVar(&p.most, "most", 2<<20, "bytes of the longest body")
	dir := flag.String("dir", "", "where the directory is made and removed; default: that for temporary files")
	flag.Parse()
	p.bytes, p.budget, p.rate = *gib<<30, *budget<<20, *rate<<20
	if err := run(&p, *dir); err != nil {
		log.Fatal("diskbench: ", err)
	}
}

func run(p *plan, parent string) (err error) {
	if p.least < 1 || p.most < p.least || p.most > len(noise)/2 {
		return fmt.Errorf("bodies of %d to %d bytes: they must have 1 to %d", p.least, p.most, len(noise)/2)
	}
	dir, err := os.MkdirTemp(parent, "diskbench")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	o := disk.Options{Path: filepath.Join(dir, "cache"), Size: p.budget, Now: func() store.Instant { return store.Instant(time.Now().UnixNano()) }}
	tier, err := disk.Open(o)
	if err != nil {
		return err
	}
	kernel, began := kernelWrote(), time.Now()
	w := begin(tier, dir)
	objects, bytes := write(tier, p)
	err = tier.Drain(time.Minute)
	took := time.Since(began)
	w.end()
	s := tier.Stats()
	kernel = kernelWrote() - kernel
	if err := errors.Join(err, tier.Close()); err != nil {
		return err
	}
	reopened := time.Now()
	if tier, err = disk.Open(o); err != nil {
		return err
	}
	ready := time.Since(reopened)

	report("objects", "%d of %d MiB together", objects, bytes>>20)
	report("records", "%d MiB, %.0f MB/s", s.WrittenBytes>>20, float64(s.WrittenBytes)/took.Seconds()/1e6)
	report("write amplification", "%.3f by pebble's count of the log, %.3f by the kernel's of all", float64(s.FlushedBytes)/float64(s.WrittenBytes), float64(kernel)/float64(s.WrittenBytes))
	report("on disk at most", "%d MiB = %.3f of the budget, in %d files", w.most>>20, float64(w.most)/float64(p.budget), w.files)
	report("longest stall", "%v; %d of more than 50 ms", w.longest.Round(time.Millisecond), w.stalls)
	report("dropped", "%d objects; %d writes failed", s.Dropped, s.FailedWrites)
	report("heap at most", "%d MiB", w.heap>>20)
	report("opened again", "after %v", ready.Round(time.Millisecond))
	return tier.Close()
}

func report(name, format string, args ...any) {
	fmt.Printf("%-20s %s\n", name, fmt.Sprintf(format, args...))
}

// noise is what bodies are cut out of.
var noise = func() []byte {
	b := make([]byte, 16<<20)
	_, _ = rand.NewChaCha8([32]byte{}).Read(b)
	return b
}()

// write saves objects at the rate of the plan, while the queue has room.
func write(tier *disk.Tier, p *plan) (objects int, bytes int64) {
	rng := rand.New(rand.NewPCG(1, 2))
	doublings := 0
	for p.least<<(doublings+1) <= p.most {
		doublings++
	}
	next, began := int64(0), time.Now()
	for bytes < p.bytes {
		n := p.least << rng.IntN(doublings+1)
		tier.Save(object(objects, n))
		objects++
		bytes += int64(n)
		if bytes < next {
			continue
		}
		next = bytes + 4<<20
		for tier.Stats().QueueBytes > 16<<20 {
			time.Sleep(time.Millisecond)
		}
		if p.rate > 0 {
			due := time.Duration(float64(bytes) / float64(p.rate) * float64(time.Second))
			time.Sleep(due - time.Since(began))
		}
	}
	return objects, bytes
}

func object(i, length int) *store.Object {
	text := fmt.Sprint("http://diskbench.example/", i)
	k := store.Key{Hi: uint64(i+1) * 0x9e3779b97f4a7c15, Lo: uint64(i)}
	o := &store.Object{Key: k, Primary: k, Text: text, Length: int64(length), Lifetime: store.Lifetime{Fresh: 1<<63 - 1}}
	o.Head.Begin(200)
	o.Head.AddString("Content-Type", "application/octet-stream")
	body := noise[i*4096%(len(noise)/2):][:length]
	for from := 0; from < length; from += store.RunSize {
		o.Body = append(o.Body, body[from:min(from+store.RunSize, length)])
	}
	return o
}

// heap is what the process has on it now.
func heap() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
