package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"

	"brink/conf"
	"brink/edge"
	"brink/store/disk"
)

// storeCommand works on the directory of a disk tier that no node has open.
type storeCommand struct {
	Stat    storeStatCommand    `cmd:"" help:"Print how many objects and bytes a directory has."`
	Verify  storeVerifyCommand  `cmd:"" help:"Read all objects of a directory, and report those that are not as they were written."`
	Compact storeCompactCommand `cmd:"" help:"Delete the index entries of evicted objects, and shrink the index to the room that it needs."`
}

type directoryArgument struct {
	Dir string `arg:"" type:"path" help:"The directory of a disk tier that no node has open (path in the disk block)."`
}

// run calls do with the directory. A signal to stop ends the context.
func (a directoryArgument) run(do func(context.Context, disk.Directory) error) error {
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer cancel()
	return do(ctx, disk.Directory{Path: a.Dir})
}

type storeStatCommand struct{ directoryArgument }

func (c storeStatCommand) Run() error {
	return c.run(func(ctx context.Context, d disk.Directory) error {
		s, err := d.Inspect(ctx, edge.NewClock().Now())
		if err != nil {
			return err
		}
		p := printer{w: os.Stdout}
		p.line("opened", "%d times", s.Epoch)
		p.line("objects", "%d, %s, %d of them expired", s.Objects, conf.Size(s.ObjectBytes).Rounded(), s.Expired)
		p.line("gone", "%d index entries of what was evicted", s.Gone)
		p.line("segments", "%d, %s", s.Segments, conf.Size(s.SegmentBytes).Rounded())
		p.line("on disk", "log %s, index %s", conf.Size(s.LogBytes).Rounded(), conf.Size(s.IndexBytes).Rounded())
		return p.err
	})
}

type storeVerifyCommand struct {
	directoryArgument
	Repair bool `help:"Delete the index entries from which no object can be read. Nothing else is changed."`
}

// errFaults sets the exit status. The faults have been printed.
var errFaults = errors.New("the directory has faults")

func (c storeVerifyCommand) Run() error {
	return c.run(func(ctx context.Context, d disk.Directory) error {
		verify := d.Verify
		if c.Repair {
			verify = d.Repair
		}
		l := newProgressLine()
		v, err := verify(ctx, l.show)
		l.end()
		if err != nil {
			return err
		}
		p := printer{w: os.Stdout}
		p.line("good", "%d objects, bodies of %s", v.Good, conf.Size(v.GoodBytes).Rounded())
		p.line("gone", "%d that were evicted or lost in a crash", v.Gone)
		p.line("checksum", "%d that are not as they were written", v.Checksum)
		p.line("malformed", "%d that make no sense or have another length", v.Malformed)
		p.line("key", "%d that stand under another object's key", v.Key)
		p.line("unreadable", "%d that the disk does not give", v.Unreadable)
		if c.Repair {
			p.line("deleted", "%d index entries", v.Gone+v.Faults())
		}
		if p.err == nil && v.Faults() > 0 {
			return errFaults
		}
		return p.err
	})
}

type storeCompactCommand struct{ directoryArgument }

func (c storeCompactCommand) Run() error {
	return c.run(func(ctx context.Context, d disk.Directory) error {
		l := newProgressLine()
		r, err := d.Compact(ctx, l.show)
		l.end()
		if err != nil {
			return err
		}
		p := printer{w: os.Stdout}
		p.line("entries", "%d, %d of them deleted", r.Entries, r.Deleted)
		p.line("index", "%s, was %s", conf.Size(r.After).Rounded(), conf.Size(r.Before).Rounded())
		return p.err
	})
}
