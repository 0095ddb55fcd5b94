package bus

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Names in NATS.
const (
	streamName    = "BRINK_PURGE"
	purgeSubject  = "brink.purge"
	reportSubject = "brink.applied"
)

const (
	maxStream = 1 << 30         // bytes; the oldest messages give way
	remember  = 2 * time.Minute // ids of messages, so that one that is sent twice is kept once
)

// stream returns the stream, and makes it if there is none.
func (b *Bus) stream(ctx context.Context) (jetstream.Stream, error) {
	s, err := b.js.Stream(ctx, streamName)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		s, err = b.js.CreateStream(ctx, b.streamConfig())
		if errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) { // another node was faster
			s, err = b.js.Stream(ctx, streamName)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("open the stream: %w", err)
	}
	if b.o.Embedded != nil {
		b.adjust(ctx, s.CachedInfo().Config)
	}
	return s, nil
}

// adjust has a stream that was made before keep what this node says now. Nodes
// without a server do not: theirs are others' to care for.
func (b *Bus) adjust(ctx context.Context, c jetstream.StreamConfig) {
	own := b.streamConfig()
	if c.MaxAge == own.MaxAge && c.Replicas == own.Replicas {
		return
	}
	c.MaxAge, c.Duplicates, c.Replicas = own.MaxAge, own.Duplicates, own.Replicas
	if _, err := b.js.UpdateStream(ctx, c); err != nil {
		b.report(true, err, fmt.Sprintf("the stream does not keep purges for %v on %d servers", own.MaxAge, own.Replicas))
		return
	}
	b.report(false, nil, fmt.Sprintf("the stream keeps purges for %v on %d servers", own.MaxAge, own.Replicas))
}

// streamConfig is that of a new stream. Its numbers begin at the time in
// microseconds: fewer purges than that there will be, so that a stream which is
// made anew numbers higher than the one that was lost.
func (b *Bus) streamConfig() jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name: streamName, Subjects: []string{purgeSubject}, Description: "purges of a fleet of brink nodes",
		Storage: jetstream.FileStorage, Retention: jetstream.LimitsPolicy, Discard: jetstream.DiscardOld,
		Replicas: b.o.Replicas, MaxAge: b.o.Keep, MaxBytes: maxStream, MaxMsgSize: maxMessage + headRoom,
		Duplicates: min(remember, b.o.Keep), FirstSeq: uint64(time.Now().UnixMicro()),
	}
}
