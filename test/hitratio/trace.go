package main

import (
	"bufio"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"os"
	"sort"
	"strconv"
	"strings"
)

// trace is requests in order.
type trace struct {
	name     string
	requests []request
}

// request is one for an object; the size is the object's as long as the trace
// lasts.
type request struct {
	id   uint64
	size int64
}

// path is what the origin is asked for: all that it must know.
func (r request) path() string { return fmt.Sprintf("/%d/%016x", r.size, r.id) }

// draw makes a trace of n requests for some objects by a Zipf law of the
// exponent 0.9. Of each hundred requests, scan are for what is never asked for
// again.
func draw(name string, n, objects, scan int) trace {
	const exponent, seed = 0.9, 1
	rng := rand.New(rand.NewPCG(seed, uint64(scan)))
	sums := make([]float64, objects)
	sum := 0.0
	for i := range sums {
		sum += math.Pow(float64(i+1), -exponent)
		sums[i] = sum
	}
	t := trace{name: name, requests: make([]request, n)}
	for i := range t.requests {
		id := uint64(sort.SearchFloat64s(sums, rng.Float64()*sum))
		if rng.IntN(100) < scan {
			id = uint64(objects + i)
		}
		t.requests[i] = request{id: id, size: sizeOf(id)}
	}
	return t
}

// sizeOf draws the size of an object: a median of 12 KiB, a mean of some 30 KiB,
// at most 1 MiB.
func sizeOf(id uint64) int64 {
	rng := rand.New(rand.NewPCG(id, 2))
	return int64(min(max(12*1024*math.Exp(1.35*rng.NormFloat64()), 200), 1<<20))
}

// read reads a trace of lines "url size". A URL keeps its first size.
func read(name string) (trace, error) {
	f, err := os.Open(name)
	if err != nil {
		return trace{}, err
	}
	defer f.Close()
	t := trace{name: name}
	sizes := make(map[uint64]int64)
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		if len(words) == 0 {
			continue
		}
		if len(words) != 2 {
			return trace{}, fmt.Errorf("%s:%d: not a URL and a size", name, len(t.requests)+1)
		}
		size, err := strconv.ParseInt(words[1], 10, 64)
		if err != nil || size < 0 {
			return trace{}, fmt.Errorf("%s:%d: %q is not a size", name, len(t.requests)+1, words[1])
		}
		h := fnv.New64a()
		h.Write([]byte(words[0]))
		id := h.Sum64()
		if first, ok := sizes[id]; ok {
			size = first
		}
		sizes[id] = size
		t.requests = append(t.requests, request{id: id, size: size})
	}
	return t, lines.Err()
}

// halves are the part that warms up and the part that counts.
func (t *trace) halves() (warm, counted []request) {
	n := len(t.requests) / 2
	return t.requests[:n], t.requests[n:]
}

// result is what part of the second half did not reach the origin, which got n.
func (t *trace) result(server string, n tally) result {
	_, counted := t.halves()
	var bytes int64
	for _, r := range counted {
		bytes += r.size
	}
	return result{
		Trace: t.name, Server: server,
		Requests: 1 - float64(n.requests)/float64(len(counted)),
		Bytes:    1 - float64(n.bytes)/float64(bytes),
	}
}

// describe says how large a trace is.
func (t *trace) describe() string {
	objects := make(map[uint64]int64)
	var asked, stored int64
	for _, r := range t.requests {
		objects[r.id] = r.size
		asked += r.size
	}
	for _, size := range objects {
		stored += size
	}
	return fmt.Sprintf("%s: %d requests of %d MiB for %d objects of %d MiB", t.name, len(t.requests), asked>>20, len(objects), stored>>20)
}
