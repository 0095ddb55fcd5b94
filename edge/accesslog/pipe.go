package accesslog

import (
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"brink/conf"
)

const (
	flushEvery = 100 * time.Millisecond // longest time until a line is written
	flushSize  = 64 << 10               // bytes in one stripe that wake the writer

	bufferTotal = 4 << 20 // bytes that the stripes of a pipe hold before lines are dropped
	maxStripes  = 16

	retireWait = 2 * time.Second // longest wait for a slow destination at the end
)

// pipe carries lines under fixed settings to one output:
//
//	append -> stripes (bounded) -> run, the only goroutine that writes -> output
type pipe struct {
	off       bool // nothing is logged; all other fields are zero
	combined  bool // else JSON
	node      []byte
	threshold uint64 // the share of requests that is logged, in units of 1/(1<<32)

	log     *Log // its counters
	out     *output
	stripes []stripe
	next    atomic.Uint32
	pool    sync.Pool // of *stripe: gives a processor the stripe it had before

	wake chan struct{} // holds one
	stop chan struct{}
	done chan struct{}
}

func startPipe(c conf.Log, out *output, l *Log) *pipe {
	p := &pipe{
		combined:  c.Format == "combined",
		threshold: uint64(c.Sample * (1 << 32)),
		log:       l,
		out:       out,
		stripes:   make([]stripe, min(runtime.GOMAXPROCS(0), maxStripes)),
		wake:      make(chan struct{}, 1),
		stop:      make(chan struct{}),
		done:      make(chan struct{}),
	}
	p.node, _ = appendJSON(nil, l.node)
	for i := range p.stripes {
		p.stripes[i].limit = bufferTotal / len(p.stripes)
	}
	p.pool.New = func() any { return &p.stripes[int(p.next.Add(1))%len(p.stripes)] }
	go p.run()
	return p
}

// wants decides at random whether a request is logged. Failed requests are always logged.
func (p *pipe) wants(status int) bool {
	return status >= 500 || p.threshold >= 1<<32 || uint64(rand.Uint32()) < p.threshold
}

func (p *pipe) append(e *Entry) verdict {
	s := p.pool.Get().(*stripe)
	v, due := s.append(p, e)
	p.pool.Put(s)
	if due {
		select {
		case p.wake <- struct{}{}:
		default:
		}
	}
	return v
}

// run writes the stripes out until stop is closed, and then what is left.
func (p *pipe) run() {
	defer close(p.done)
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	runs := make([]run, len(p.stripes))
	var batch []byte
	for last := false; !last; {
		select {
		case <-tick.C:
		case <-p.wake:
		case <-p.stop:
			last = true
		}
		batch = p.drain(runs, batch[:0], last)
	}
	p.out.close()
}

// drain writes out the lines of all stripes, in the order in which the replies ended.
// runs has an empty run for each stripe. drain may use the memory of batch.
func (p *pipe) drain(runs []run, batch []byte, last bool) []byte {
	for i := range runs {
		p.stripes[i].swap(&runs[i], last)
	}
	for r := earliest(runs); r != nil; r = earliest(runs) {
		batch = append(batch, r.next()...)
		if len(batch) >= flushSize {
			p.write(batch)
			batch = batch[:0]
		}
	}
	p.write(batch)
	for i := range runs {
		runs[i].reset()
	}
	return batch
}

func (p *pipe) write(lines []byte) {
	written, lost := p.out.write(lines)
	p.log.written.Add(written)
	p.log.dropped.Add(lost)
}

// retire writes out the lines of all stripes and closes the output. Later appends find
// the stripes closed.
func (p *pipe) retire() error {
	if p.off {
		return nil
	}
	close(p.stop)
	timer := time.NewTimer(retireWait)
	defer timer.Stop()
	select {
	case <-p.done:
		return nil
	case <-timer.C:
	}
	if p.out.interrupt() {
		<-p.done
	}
	return errStalled
}
