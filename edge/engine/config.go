package engine

import (
	"time"

	"brink/conf"
	"brink/edge/message"
	"brink/store"
)

// Config is how an engine treats its clients. NewServer replaces a zero by the default
// of package conf, except where zero has a meaning of its own.
type Config struct {
	Trusted message.Proxies // proxies whose forwarding fields are believed; none: these fields are never believed

	MaxHead   int   // bytes of request line and fields; above it 431
	MaxTarget int   // bytes of the request target; above it 414
	MaxFields int   // fields; above it 431
	MaxBody   int64 // bytes of request content; above it 413. 0: no limit

	HeadTimeout   time.Duration // from a head's first byte to its last
	IdleTimeout   time.Duration // between requests
	BodyTimeout   time.Duration // without progress of content, either way
	MinRate       int64         // bytes of content a second, either way, once BodyGrace was spent waiting. 0: any rate will do
	BodyGrace     time.Duration // 0: MinRate holds from the beginning
	TunnelTimeout time.Duration // of a tunnel without a byte in either direction

	Now func() store.Instant // the node's clock; nil: the wall clock
}

// tunnelTimeout has no setting.
const tunnelTimeout = 10 * time.Minute

// ConfigOf returns the settings of a listen block.
func ConfigOf(l *conf.Listen, now func() store.Instant) Config {
	return Config{
		Trusted: l.TrustedProxies,
		MaxHead: int(l.MaxHead), MaxTarget: int(l.MaxTarget), MaxFields: l.MaxFields, MaxBody: int64(l.MaxBody),
		HeadTimeout: l.HeadTimeout, IdleTimeout: l.IdleTimeout, BodyTimeout: l.BodyTimeout,
		MinRate: int64(l.MinRate), BodyGrace: l.BodyGrace, TunnelTimeout: tunnelTimeout, Now: now,
	}
}

func wallClock() store.Instant { return store.Instant(time.Now().UnixNano()) }

func (c Config) withDefaults() Config {
	d := ConfigOf(&conf.Default().Listens[0], wallClock)
	setDefault(&c.MaxHead, d.MaxHead)
	setDefault(&c.MaxTarget, d.MaxTarget)
	setDefault(&c.MaxFields, d.MaxFields)
	setDefault(&c.HeadTimeout, d.HeadTimeout)
	setDefault(&c.IdleTimeout, d.IdleTimeout)
	setDefault(&c.BodyTimeout, d.BodyTimeout)
	setDefault(&c.TunnelTimeout, d.TunnelTimeout)
	if c.Now == nil {
		c.Now = d.Now
	}
	return c
}

func setDefault[T comparable](p *T, v T) {
	var zero T
	if *p == zero {
		*p = v
	}
}
