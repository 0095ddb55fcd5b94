package bus

import (
	"context"
	"encoding/hex"
	"errors"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	membersBucket = "brink_nodes"
	enrolEvery    = time.Hour
	enrolAgain    = time.Second // after a failure, and twice as long after each more, up to a minute
	enrolTries    = 6           // before it is reported
	enrolWithin   = 3           // heartbeats; in that time those that are well have been heard of
)

// enrol writes the id of this node beside the stream, again and again. At the start it
// also reads the ids of the others: a node that has just started has not heard of them,
// and never hears of those that are cut off.
func (b *Bus) enrol() {
	read, failures := false, 0
	for {
		wait, err := enrolEvery, b.enrolOnce(!read)
		switch {
		case err != nil:
			wait = min(enrolAgain<<min(failures, 10), time.Minute)
			if failures++; failures == enrolTries {
				b.report(true, err, "the nodes of the fleet cannot be listed: right after its start this one knows only those that it has heard of")
			}
		case !read:
			read = true
			close(b.nodes.enrolled)
			fallthrough
		default:
			failures = 0
		}
		if !b.pause(wait) {
			return
		}
	}
}

func (b *Bus) enrolOnce(read bool) error {
	ctx, cancel := context.WithTimeout(b.ctx, askWithin)
	defer cancel()
	kv, err := b.members(ctx)
	if err != nil {
		return err
	}
	if _, err := kv.Put(ctx, memberKey(b.o.Node), nil); err != nil || !read {
		return err
	}
	w, err := kv.WatchAll(ctx, jetstream.IgnoreDeletes())
	if err != nil {
		return err
	}
	defer w.Stop()
	for e := range w.Updates() {
		if e == nil {
			return nil // that was all there is
		}
		if id, err := hex.DecodeString(e.Key()); err == nil {
			b.nodes.expect(string(id), b.o.Node, e.Created())
		}
	}
	return ctx.Err()
}

// members returns the bucket of the ids, and makes it if there is none.
func (b *Bus) members(ctx context.Context) (jetstream.KeyValue, error) {
	c := jetstream.KeyValueConfig{
		Bucket: membersBucket, Description: "ids of the nodes of a fleet", TTL: forgetAfter, Storage: jetstream.FileStorage,
		Replicas: b.o.Replicas,
	}
	if b.o.Embedded != nil {
		return b.js.CreateOrUpdateKeyValue(ctx, c)
	}
	kv, err := b.js.KeyValue(ctx, membersBucket)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		kv, err = b.js.CreateKeyValue(ctx, c)
	}
	return kv, err
}

// strike removes the id of this node, which leaves the fleet.
func (b *Bus) strike() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if kv, err := b.js.KeyValue(ctx, membersBucket); err == nil {
		_ = kv.Purge(ctx, memberKey(b.o.Node)) // else the others wait for it, for a day
	}
}

// memberKey encodes an id in the characters that a key may have.
func memberKey(id string) string { return hex.EncodeToString([]byte(id)) }

// expect adds a node that has written its id but was not heard of. It counts as behind
// until it is heard of, or was silent for too long.
func (n *nodes) expect(id, own string, wrote time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, known := n.known[id]; known || id == own || len(id) > maxID || len(n.known) >= maxNodes {
		return
	}
	n.known[id] = heard{at: wrote, expected: time.Now(), moments: moments{forgotten: true}}
	close(n.changed)
	n.changed = make(chan struct{})
}
