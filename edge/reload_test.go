package edge

import (
	"fmt"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"brink/origin"
)

// confOf is a conf with an origin at o and what stands in its blocks.
func confOf(o *fakeOrigin, inOrigin, inSite string) string {
	return fmt.Sprintf(`
node { id = "edge-1" }
log { access = "off" }
origin "app" {
  server "http://%s" {}
  %s
}
site "app" {
  hosts  = ["*"]
  origin = "app"
  %s
}`, o.l.Addr(), inOrigin, inSite)
}

func (r *rig) apply(text string) error {
	r.t.Helper()
	return r.node.Apply(parseConf(r.t, text))
}

// A request under way ends by the conf that it began with; what is stored
// stays.
func TestReload(t *testing.T) {
	release := make(chan struct{})
	o := newFakeOrigin(t, func(a *ask) {
		if strings.HasPrefix(a.target, "/slow") {
			a.wait(release)
		}
		numbered("Cache-Control: max-age=60")(a)
	})
	other := newFakeOrigin(t, always(200, "other", "Cache-Control: max-age=60"))
	r := startRig(t, o, confOf(o, "", `response {
    set = { "X-Conf" = "one" }
  }`))
	r.get("/a").want(t, 200, "", "body 1")
	r.quiet()
	slow := r.later("/slow")
	passed := make(chan *got)
	go func() { passed <- r.do("POST", "/slow/too") }()
	r.await("the requests", func() bool { return len(o.all()) == 3 })

	if err := r.apply(confOf(other, "", `response {
    set = { "X-Conf" = "two" }
  }`)); err != nil {
		t.Fatal(err)
	}
	g := r.get("/a")
	g.want(t, 200, "hit", "body 1")
	if g.field("X-Conf") != "two" {
		t.Errorf("%v", g.fields)
	}
	r.get("/b").want(t, 200, "", "other")
	close(release)
	slowly := <-slow
	body := slowly.body
	for _, g := range []*got{slowly, <-passed} {
		if g.status != 200 || g.field("X-Conf") != "one" {
			t.Errorf("%d %v", g.status, g.fields)
		}
	}
	r.quiet()
	r.get("/slow").want(t, 200, "hit", body)
	if s := r.node.Stats(); s.Requests != 6 || s.Sites["app"].Requests != 6 {
		t.Errorf("%+v", s)
	}
}

// cache = "off" is a wall for what was stored before it, too.
func TestReloadToOff(t *testing.T) {
	o := newFakeOrigin(t, numbered("Cache-Control: max-age=60"))
	r := startRig(t, o, confOf(o, "", ""))
	r.get("/a").want(t, 200, "", "body 1")
	r.quiet()
	if err := r.apply(confOf(o, "", `cache = "off"`)); err != nil {
		t.Fatal(err)
	}
	r.get("/a").want(t, 200, "fwd=bypass", "body 2")
}

// An origin whose settings stay goes on with its connections; one that is gone
// is closed, and let go once nothing uses it.
func TestReloadKeepsOrigins(t *testing.T) {
	o := newFakeOrigin(t, numbered("Cache-Control: max-age=60"))
	r := startRig(t, o, confOf(o, "", ""))
	running := func() (found *origin.Origin) {
		r.node.Origins(func(_ string, o *origin.Origin) { found = o })
		return found
	}
	first := running()
	if err := r.apply(confOf(o, "", `ttl = "1s"`)); err != nil || running() != first {
		t.Errorf("%v, the same origin: %v", err, running() == first)
	}
	for i := range 5 {
		if err := r.apply(confOf(o, fmt.Sprintf("queue = %d", i), "")); err != nil || running() == first {
			t.Errorf("%v, another origin: %v", err, running() != first)
		}
	}
	r.get("/a").want(t, 200, "", "body 1")
	if n := len(r.node.reload.retired); n > 1 {
		t.Errorf("%d origins of earlier sets are kept", n)
	}
	if r.node.Config().Origins[0].Queue != 4 {
		t.Error("not the conf in force")
	}
}

// A conf that cannot be put in force changes nothing.
func TestReloadThatFails(t *testing.T) {
	o := newFakeOrigin(t, numbered("Cache-Control: max-age=60"))
	r := startRig(t, o, confOf(o, "", ""))
	config := parseConf(t, confOf(o, "queue = 1", ""))
	config.Sites[0].Origin = "none"
	before := r.node.Config()
	if err := r.node.Apply(config); err == nil {
		t.Error("no error")
	}
	if r.node.Config() != before {
		t.Error("the conf has changed")
	}
	r.get("/a").want(t, 200, "", "body 1")
}

// A conf set that is not put in force does not show, also not in the metrics.
func TestCancelShowsNothing(t *testing.T) {
	r := newRig(t, "", always(200, "x"))
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(r.node.tables.Load().meter.Collector())
	sites := func() string {
		families, err := registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(families)
	}
	before := sites()
	change, err := r.node.Prepare(parseConf(t, strings.ReplaceAll(confOf(r.origin, "", ""), `site "app"`, `site "other"`)))
	if err != nil {
		t.Fatal(err)
	}
	change.Cancel()
	if after := sites(); after != before {
		t.Errorf("after a change that was given up:\n%s\nwant\n%s", after, before)
	}
}
