package accesslog

import (
	"time"

	"brink/store"
)

// clock formats instants in UTC. It keeps the text of the last second, as most
// lines share one with the line before. It is not safe for concurrent use.
type clock struct {
	second  int64 // since the epoch: the second that the texts show
	json    [19]byte
	common  [26]byte
	started bool
}

// set changes the texts to the second of t, and returns the milliseconds of t within that
// second.
func (c *clock) set(t store.Instant) int {
	second, rest := int64(t/store.Second), t%store.Second
	if rest < 0 {
		second, rest = second-1, rest+store.Second
	}
	if second != c.second || !c.started {
		at := time.Unix(second, 0).UTC()
		at.AppendFormat(c.json[:0], "2006-01-02T15:04:05")
		at.AppendFormat(c.common[:0], "02/Jan/2006:15:04:05 -0700")
		c.second, c.started = second, true
	}
	return int(rest / 1e6)
}

// appendRFC3339 appends t with milliseconds, as in 2006-01-02T15:04:05.678Z.
func (c *clock) appendRFC3339(dst []byte, t store.Instant) []byte {
	ms := c.set(t)
	dst = append(dst, c.json[:]...)
	return append(dst, '.', byte('0'+ms/100), byte('0'+ms/10%10), byte('0'+ms%10), 'Z')
}

// appendCommon appends t as in 02/Jan/2006:15:04:05 +0000.
func (c *clock) appendCommon(dst []byte, t store.Instant) []byte {
	c.set(t)
	return append(dst, c.common[:]...)
}
