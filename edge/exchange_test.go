package edge

import (
	"testing"

	"brink/edge/message"
)

// A text that was kept stays as it is, whatever is kept or appended to afterwards.
func TestTexts(t *testing.T) {
	var kept texts
	kept.all = make([]byte, 0, 64) // room for all
	one := kept.keep(append(kept.all, "one"...))
	two := kept.keep(append(kept.all, "two"...))
	_ = append(one, "1"...)
	three := kept.keep(append(kept.all, "three"...))
	if got := string(one) + " " + string(two) + " " + string(three); got != "one two three" {
		t.Errorf("%q", got)
	}
	if n := testing.AllocsPerRun(100, func() {
		kept.all = kept.all[:0]
		kept.keep(append(kept.all, "again"...))
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// The engine's exchange is let go of at the end, and the state of a request begins anew.
func TestExchangeEnds(t *testing.T) {
	r := newRig(t, "", always(200, "body", "Cache-Control: max-age=60"))
	c := r.client()
	c.do("GET", "/a")
	x := c.x.State.(*exchange)
	if x.Exchange != nil || x.found != nil || x.index != nil || x.selectors != nil {
		t.Errorf("still held: %+v", x.requestState)
	}
	r.quiet()
	c.ask("GET", "/a")
	if !r.node.TryServe(&c.x) || c.x.State != x || x.Exchange != &c.x || x.status.Outcome != message.Hit || x.step != stepDone {
		t.Errorf("%+v", x.status)
	}
	c.done()
}
