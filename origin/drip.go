package origin

import (
	"errors"
	"time"
)

// errDrip is why a response is given up that comes too slowly for nobody.
var errDrip = errors.New("the content comes too slowly, and nobody waits for it")

// The pace below which a response counts as dripping, and the time over which it is
// measured.
const (
	dripRate   = 1 << 10 // bytes a second
	dripWindow = 10 * time.Second
)

// drip measures how fast a server sends content.
type drip struct {
	from  time.Duration // when the window began; 0: not yet
	moved int           // bytes in the window
}

// poor reports, at the end of a window, whether little has come in it.
func (d *drip) poor(now time.Duration) bool {
	if d.from == 0 {
		d.from = max(now, 1)
	}
	took := now - d.from
	if took < dripWindow {
		return false
	}
	poor := float64(d.moved) < dripRate*took.Seconds()
	*d = drip{from: now}
	return poor
}

// ServeTo says who waits for the response and reads it from now on, in place of the
// client of the request.
func (x *Response) ServeTo(a Audience) {
	x.audience = a
	if x.slot == nil {
		return
	}
	x.origin.mu.Lock()
	x.slot.audience = a
	x.origin.mu.Unlock()
}
