package store

import (
	"fmt"
	"io"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"brink/purge"
)

// model is a store as simple as it gets: the last version of each key, and the
// fills that a request would join.
type model struct {
	t       *rapid.T
	store   *Store
	lossy   bool // the tier may lose what it likes
	version int
	keys    []string
	stored  map[string]*Object
	joined  map[string]*Fill
	leading []*Fill
}

func (m *model) covered(o purge.Seq, text string) bool {
	return m.store.purges.Covers(&purge.Subject{URL: m.store.Hash([]byte(text)).URL()}, o) == purge.Hard
}

func (m *model) key() string { return rapid.SampledFrom(m.keys).Draw(m.t, "key") }

// object returns the next version of what text names.
func (m *model) object(text string) *Object {
	m.version++
	size := rapid.IntRange(0, 3).Draw(m.t, "size")
	return whole(m.store, text, fmt.Appendf(nil, "%s version %d %*s", text, m.version, size*100, ""))
}

// check looks text up and compares.
func (m *model) check(text string) {
	got := m.store.lookup(text)
	want := m.stored[text]
	if want != nil && m.covered(want.Stamp, text) {
		want = nil
	}
	switch {
	case got == want:
	case got == nil && m.lossy:
		m.stored[text] = nil // what is lost does not come back
	case got == nil:
		m.t.Fatalf("%s is lost", text)
	case want == nil:
		m.t.Fatalf("%s is there: %q", text, content(got))
	default:
		m.t.Fatalf("%s is %q, not %q", text, content(got), content(want))
	}
}

// publish is what the end of a fill or a Put does.
func (m *model) publish(text string, o *Object) {
	if !m.covered(o.Stamp, text) {
		m.stored[text] = o
	}
}

func (m *model) join() {
	text := m.key()
	k := m.store.Hash([]byte(text))
	o, f, leads := m.store.Join(k, k, text, func(*Object, purge.Verdict) bool { return false })
	if o != nil {
		m.t.Fatal("a rejected object")
	}
	old := m.joined[text]
	fenced := old != nil && m.covered(old.Stamp(), text)
	switch {
	case leads && old != nil && !fenced:
		m.t.Fatal("did not join")
	case !leads && (f != old || fenced):
		m.t.Fatal("joined the wrong fill")
	}
	if leads {
		m.joined[text] = f
		m.leading = append(m.leading, f)
	}
}

// end ends some fill somehow.
func (m *model) end() {
	if len(m.leading) == 0 {
		m.t.Skip()
	}
	i := rapid.IntRange(0, len(m.leading)-1).Draw(m.t, "fill")
	f := m.leading[i]
	m.leading = slices.Delete(m.leading, i, i+1)
	text := f.text
	current := m.joined[text] == f
	o := m.object(text)
	o.Stamp = f.Stamp()
	switch rapid.SampledFrom([]string{"finish", "finish", "resolve", "fail", "decline", "short"}).Draw(m.t, "how") {
	case "finish":
		body := content(o)
		o.Body = nil
		if err := f.Start(o, -1); err != nil {
			m.t.Fatal(err)
		}
		f.Write(body)
		o, err := f.Finish()
		if err != nil || string(content(o)) != string(body) {
			m.t.Fatal(err)
		}
		if current {
			m.publish(text, o)
		}
	case "resolve":
		f.Resolve(o)
		if current {
			m.publish(text, o)
		}
	case "fail":
		f.Fail(io.EOF)
	case "decline":
		f.Decline(1)
	case "short":
		o.Body = nil
		if err := f.Start(o, 5); err != nil {
			m.t.Fatal(err)
		}
		if _, err := f.Finish(); err == nil {
			m.t.Fatal("a short body is complete")
		}
	}
	if current {
		delete(m.joined, text)
	}
	m.check(text)
}

func (m *model) put() {
	text := m.key()
	o := m.object(text)
	m.store.put(o)
	m.publish(text, o)
	m.check(text)
}

func (m *model) drop() {
	text := m.key()
	m.store.Delete(m.store.Hash([]byte(text)))
	m.stored[text] = nil
	m.check(text)
}

func (m *model) purge() {
	text := m.key()
	m.store.purges.Put(purge.Rule{Kind: purge.URL, ID: m.store.Hash([]byte(text)).URL()})
	m.check(text)
}

func (m *model) run() {
	m.stored, m.joined = map[string]*Object{}, map[string]*Fill{}
	m.keys = []string{"/a", "/b", "/c"}
	m.t.Repeat(map[string]func(*rapid.T){
		"join":  func(*rapid.T) { m.join() },
		"end":   func(*rapid.T) { m.end() },
		"put":   func(*rapid.T) { m.put() },
		"drop":  func(*rapid.T) { m.drop() },
		"purge": func(*rapid.T) { m.purge() },
		"settle": func(*rapid.T) {
			for m.store.unsettled.Load() > 0 {
			}
		},
		"": func(*rapid.T) {
			for _, text := range m.keys {
				m.check(text)
			}
		},
	})
	for _, f := range m.leading {
		f.Fail(io.EOF)
	}
	for m.store.unsettled.Load() > 0 {
	}
	if st := m.store.Stats(); st.Fills != 0 || st.FlightBytes != 0 {
		m.t.Fatalf("left over: %+v", st)
	}
}

func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, err := New(Options{Memory: MinMemory, Purges: purge.NewLog(0, 0), Now: clock})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		(&model{t: t, store: s}).run()
	})
}

// With a tier that rejects, drops and loses at will, what is served is still
// the last version or nothing.
func TestModelOfLossyTier(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tier := newFakeTier()
		n := rapid.Uint64().Draw(t, "fate")
		next := func() uint64 {
			n = n*6364136223846793005 + 1442695040888963407
			return n >> 60
		}
		tier.onSet = func(uint64, int64) (bool, bool) { return next() > 3, next() > 3 }
		s := newStore(Options{Memory: 64 << 20, Purges: purge.NewLog(0, 0), Now: clock})
		tier.onWait = func() {
			for hash, sl := range tier.slots {
				if next() < 2 {
					tier.mu.Lock()
					delete(tier.slots, hash)
					tier.mu.Unlock()
					s.evicted(sl)
				}
			}
			tier.left = int64(next()) * 20
		}
		s.start(tier)
		defer s.Close()
		(&model{t: t, store: s, lossy: true}).run()
	})
}
