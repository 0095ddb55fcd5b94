package origin

import "time"

// clock tells the time since an Origin was made. It takes one reading of the
// processor's counter, where a time.Time takes two.
type clock struct{ epoch time.Time }

func (c clock) now() time.Duration { return time.Since(c.epoch) }

// at returns the time that is t on the clock.
func (c clock) at(t time.Duration) time.Time { return c.epoch.Add(t) }
