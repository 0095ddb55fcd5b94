package origin

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"brink/origin/health"
)

var errTest = errors.New("test")

// inTime runs f with an origin of n servers and a clock of its own.
func inTime(t *testing.T, n int, f func(o *Origin, changes *[]Change)) {
	synctest.Test(t, func(t *testing.T) {
		addresses := []string{"192.0.2.1:1", "192.0.2.2:1", "192.0.2.3:1"}
		o, err := New(configure(addresses[:n]...))
		if err != nil {
			t.Fatal(err)
		}
		defer o.Close()
		time.Sleep(time.Minute)
		var changes []Change
		o.Watch(func(c Change) { changes = append(changes, c) })
		f(o, &changes)
	})
}

// pick chooses the server for a try, after those in but.
func (o *Origin) pick(but ...*server) *try {
	t := &try{now: o.clock.now(), begun: o.clock.now()}
	var tried []triedServer
	for _, s := range but {
		tried = append(tried, triedServer{server: s})
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.chooseLocked(t, get(), tried) {
		return nil
	}
	return t
}

// tryOf is a try of one server, whatever its state.
func (o *Origin) tryOf(server int) *try {
	return &try{server: o.servers[server], now: o.clock.now(), begun: o.clock.now()}
}

// picks counts the tries that servers get out of n.
func (o *Origin) picks(n int) []int {
	counts := make([]int, len(o.servers))
	for range n {
		counts[slices.Index(o.servers, o.pick().server)]++
	}
	return counts
}

// A server that fails is ejected for a growing while. After it one request is
// the trial, and the others go on without the server.
func TestEjectionGrows(t *testing.T) {
	inTime(t, 2, func(o *Origin, changes *[]Change) {
		o.fail(o.tryOf(0), errTest)
		for i, pause := range []time.Duration{1, 2, 4, 8, 16, 30, 30} {
			pause *= time.Second
			if got := (*changes)[i]; got.Pause > pause || got.Pause < pause*4/5 || got.Err != errTest || got.Server != o.servers[0].name {
				t.Fatalf("change %d: %+v, want %s", i, got, pause)
			}
			if got := o.picks(10); !slices.Equal(got, []int{0, 10}) {
				t.Fatalf("ejected for %s: %d", pause, got)
			}
			o.fail(o.tryOf(0), errTest) // one that began before changes nothing
			time.Sleep((*changes)[i].Pause - 1)
			if got := o.picks(10); !slices.Equal(got, []int{0, 10}) {
				t.Fatalf("at the end of %s: %d", pause, got)
			}
			time.Sleep(time.Nanosecond)
			var trial *try
			for range 10 {
				if other := o.pick(); other.role == health.Trial {
					if trial != nil || other.server != o.servers[0] {
						t.Fatal("a second trial")
					}
					trial = other
				}
			}
			if trial == nil || len(*changes) != i+1 {
				t.Fatalf("after %s: %v, %d changes", pause, trial, len(*changes))
			}
			o.fail(trial, errTest)
		}
		if s := o.Stats().Servers[0]; s.Ejections != 1 || !s.Ejected || len(o.Ejected()) != 1 {
			t.Errorf("%+v", s)
		}
	})
}

// A success ends the ejection and its growth.
func TestSuccessResets(t *testing.T) {
	inTime(t, 2, func(o *Origin, changes *[]Change) {
		before := o.tryOf(0)
		for range 3 {
			time.Sleep(time.Second)
			o.fail(o.tryOf(0), errTest)
			o.succeed(before) // it began before the failure
			if got := o.picks(10); got[0] != 0 {
				t.Fatal("an old answer ended the ejection")
			}
			time.Sleep(time.Second)
			trial := o.pick()
			if trial.role != health.Trial {
				trial = o.pick()
			}
			o.succeed(trial)
			if got := o.picks(10); !slices.Equal(got, []int{5, 5}) || len(o.Ejected()) != 0 {
				t.Fatalf("after the success: %d", got)
			}
		}
		for i, c := range *changes {
			if out := i%2 == 0; (c.Pause > 0) != out || c.Pause > time.Second || (c.Err != nil) != out {
				t.Errorf("change %d: %+v", i, c)
			}
		}
		if len(*changes) != 6 || o.Stats().Servers[0].Ejections != 3 {
			t.Errorf("%+v", *changes)
		}
	})
}

// A trial without a result is followed by another one.
func TestLostTrial(t *testing.T) {
	inTime(t, 2, func(o *Origin, _ *[]Change) {
		o.fail(o.tryOf(0), errTest)
		for range 5 {
			time.Sleep(time.Second)
			if got := o.picks(10); got[0] != 1 {
				t.Fatalf("%d", got)
			}
		}
	})
}

// If all are ejected, the one whose last failure is the oldest is tried.
func TestAllEjected(t *testing.T) {
	inTime(t, 3, func(o *Origin, changes *[]Change) {
		for _, s := range []int{1, 2, 0} {
			time.Sleep(time.Millisecond)
			o.fail(o.tryOf(s), errTest)
		}
		for _, want := range []int{1, 2, 0, 1, 2, 0} {
			time.Sleep(time.Millisecond)
			try := o.pick()
			if try.server != o.servers[want] || try.role == health.Trial {
				t.Fatalf("%+v, want %d", try, want)
			}
			if other := o.pick(o.servers[want]); other.server != o.servers[(want+1)%3] {
				t.Fatalf("then %+v", other)
			}
			o.fail(try, errTest)
		}
		if o.pick(o.servers...) != nil {
			t.Error("a server that has been tried")
		}
		if len(*changes) != 3 {
			t.Errorf("%+v", *changes)
		}
		// Any success brings one back, and it has all.
		time.Sleep(time.Millisecond)
		o.succeed(o.tryOf(2))
		if got := o.picks(10); !slices.Equal(got, []int{0, 0, 10}) {
			t.Errorf("%d", got)
		}
	})
}

// Ejecting the only server would help nobody.
func TestOnlyServer(t *testing.T) {
	inTime(t, 1, func(o *Origin, changes *[]Change) {
		o.fail(o.tryOf(0), errTest)
		if len(*changes) != 0 || o.pick().role == health.Trial || len(o.Ejected()) != 0 {
			t.Errorf("%+v", *changes)
		}
	})
}

// Some errors count as failures of the server, others do not.
func TestWhatIsBlamed(t *testing.T) {
	for _, c := range []struct {
		name   string
		does   []step
		r      *Request
		status []int
		out    bool
	}{
		{"end", script(request), get(), nil, true},
		{"not idempotent", script(request), post(nil), nil, true},
		{"no answer", script(request, rest), get(), nil, true},
		{"half the content", script(request, say(hello[:len(hello)-1])), get(), nil, false},
		{"malformed", script(request, say("nonsense")), get(), nil, false},
		{"status", script(request, say(busy)), get(), nil, false},
		{"status of the conf", script(request, say(busy)), get(), []int{503}, true},
		{"status of the conf, not idempotent", script(request, say(busy)), post(nil), []int{503}, true},
		{"status of the resource", script(request, say(strings.Replace(busy, "503", "404", 1))), get(), []int{404}, false},
		{"too many", script(request, say(strings.Replace(busy, "503", "429", 1))), get(), []int{429}, true},
		{"refused upload", script(request, reset), post(textOf(strings.Repeat("x", 1<<20), 1<<20)), nil, false},
	} {
		config, _, _ := pair(t, c.does...)
		config.HeadTimeout, config.RetryStatus = 4*short, c.status
		o := start(t, config)
		_, err := fetch(o, c.r)
		if got := o.Ejected(); (len(got) == 1) != c.out {
			t.Errorf("%s: %q are ejected, %v", c.name, got, err)
		}
		o.Close()
	}
}

// A server that went away and came back has its share again.
func TestServerComesBack(t *testing.T) {
	t.Parallel()
	config, first := serve(t, script(request), script(forever(request, say(hello))))
	other, _ := serve(t, script(forever(request, say(hello))))
	config.Servers = append(config.Servers, other.Servers...)
	o := start(t, config)
	var mu sync.Mutex
	var changes []Change
	o.Watch(func(c Change) {
		mu.Lock()
		defer mu.Unlock()
		changes = append(changes, c)
	})
	wantFetch(t, o, 20, "hello")
	if n := len(first.all()); n != 1 {
		t.Errorf("%d requests while it was ejected", n)
	}
	time.Sleep(health.FirstPause)
	wantFetch(t, o, 20, "hello")
	if n := len(first.all()); n < 10 {
		t.Errorf("%d requests of 40", n)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(changes) != 2 || changes[0].Pause == 0 || changes[1].Pause != 0 || changes[0].Origin != "test" {
		t.Errorf("%+v", changes)
	}
}
