package admin

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"brink/purge"
)

// A node is ready while it serves: not while it starts, and not while it drains.
func TestPartsReady(t *testing.T) {
	phase := Starting
	p := &Parts{Phase: func() Phase { return phase }}
	for _, c := range []struct {
		phase   Phase
		ok      bool
		reasons []string
	}{
		{Starting, false, []string{"the node is starting"}},
		{Serving, true, nil},
		{Draining, false, []string{"the node is draining"}},
	} {
		phase = c.phase
		if ok, reasons := p.Ready(); ok != c.ok || !slices.Equal(reasons, c.reasons) {
			t.Errorf("phase %d: %v, %q", c.phase, ok, reasons)
		}
	}
}

func TestPartsWithoutDisk(t *testing.T) {
	if v, ok := new(Parts).Disk(); ok {
		t.Errorf("%v", v)
	}
}

func TestPurgeState(t *testing.T) {
	for _, c := range []struct {
		err  error
		want NodeState
	}{
		{nil, Applied},
		{fmt.Errorf("publish: %w", purge.ErrNotSent), NotSent},
		{errors.New("sync"), NotDurable},
	} {
		if got := purgeState(c.err); got != c.want {
			t.Errorf("%v: %s", c.err, got)
		}
	}
}
