package origin

import (
	"errors"
	"sync"
	"sync/atomic"
)

// Descriptors bounds the connections of several origins together, as each takes a file
// descriptor of the process. If too many are open, an idle one is closed, of whichever
// origin.
type Descriptors struct {
	limit int64
	open  atomic.Int64 // connections, those being made included

	mu sync.Mutex

	origins map[*Origin]struct{}
}

// NewDescriptors allows n connections.
func NewDescriptors(n int) *Descriptors {
	return &Descriptors{limit: int64(n), origins: make(map[*Origin]struct{})}
}

// Share makes o count its connections in d. It is called once, before the first fetch.
func (o *Origin) Share(d *Descriptors) {
	if d == nil {
		return
	}
	o.descriptors = d
	d.mu.Lock()
	d.origins[o] = struct{}{}
	d.mu.Unlock()
}

// unshare removes o, which has no idle connections any more.
func (o *Origin) unshare() {
	if d := o.descriptors; d != nil {
		d.mu.Lock()
		delete(d.origins, o)
		d.mu.Unlock()
	}
}

// take counts a connection in. It reports false if there are too many, all in use.
func (d *Descriptors) take() bool {
	if d == nil {
		return true
	}
	for d.open.Add(1) > d.limit {
		d.give()
		if !d.shed() {
			return false
		}
	}
	return true
}

func (d *Descriptors) give() {
	if d != nil {
		d.open.Add(-1)
	}
}

// shed closes an idle connection, and reports false if there is none.
func (d *Descriptors) shed() bool {
	if d == nil {
		return false
	}
	d.mu.Lock()
	origins := make([]*Origin, 0, len(d.origins))
	for o := range d.origins {
		origins = append(origins, o)
	}
	d.mu.Unlock()
	for _, o := range origins {
		if o.shed() {
			return true
		}
	}
	return false
}

// shed closes the connection of o that has been idle for the longest time.
func (o *Origin) shed() bool {
	o.mu.Lock()
	spare := o.spareLocked()
	if spare != nil {
		o.dropLocked(spare)
	}
	o.mu.Unlock()
	if spare == nil {
		return false
	}
	spare.close()
	return true
}

var errTooMany = errors.New("as many connections to origins as file descriptors allow are in use")

func lacksDescriptors(err *Error) bool { return err != nil && err.Kind == NoDescriptors }
