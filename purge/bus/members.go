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
	enrolAgain    = time.Second // after a failure
)

// enrol writes this node's id beside the stream, again and again, and reads those of
// the others at the start: a node that has just started has yet to hear of them, and
// of those that are cut off it will not.
func (b *Bus) enrol() {
	for read := false; ; {
		wait := enrolEvery
		if err := b.enrolOnce(!read); err != nil {
			wait = enrolAgain
		} else if !read {
			read = true
			close(b.nodes.enrolled)
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
	keys, err := kv.ListKeys(ctx)
	if err != nil {
		return err
	}
	for key := range keys.Keys() {
		if id, err := hex.DecodeString(key); err == nil {
			b.nodes.expect(string(id), b.o.Node)
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

// strike takes the id of this node, which leaves, from the list.
func (b *Bus) strike() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if kv, err := b.js.KeyValue(ctx, membersBucket); err == nil {
		_ = kv.Purge(ctx, memberKey(b.o.Node)) // else the others wait for it, for a day
	}
}

// memberKey writes an id in what keys may be made of.
func memberKey(id string) string { return hex.EncodeToString([]byte(id)) }

// expect adds a node that has not been heard of. It counts as behind until it is, or
// has been silent for too long.
func (n *nodes) expect(id, own string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, known := n.known[id]; known || id == own || len(n.known) >= maxNodes {
		return
	}
	n.known[id] = heard{at: time.Now(), moments: moments{forgotten: true}}
	close(n.changed)
	n.changed = make(chan struct{})
}
