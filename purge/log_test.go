package purge

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"
)

const names = Names(42)

func subject(host, path string, tags ...string) Subject {
	s := Subject{URL: urlID(host + path), Host: host, Path: path, Site: names.Site("shop")}
	for _, tag := range tags {
		s.Tags = append(s.Tags, names.Tag(tag))
	}
	return s
}

// urlID stands in for the hash of a key text.
func urlID(text string) ID { return names.id(URL, "", text) }

func TestCovers(t *testing.T) {
	s := subject("a.test", "/products/1/view", "p1", "all")
	for _, c := range []struct {
		what string
		rule Rule
		want Verdict
	}{
		{"the URL", Rule{Kind: URL, ID: s.URL}, Hard},
		{"another URL", Rule{Kind: URL, ID: urlID("a.test/products/1")}, Untouched},
		{"a tag", Rule{Kind: Tag, ID: names.Tag("p1")}, Hard},
		{"a tag, soft", Rule{Kind: Tag, Soft: true, ID: names.Tag("all")}, Soft},
		{"the beginning of a tag", Rule{Kind: Tag, ID: names.Tag("p")}, Untouched},
		{"a pattern that would match the tag", Rule{Kind: Tag, ID: names.Tag("*")}, Untouched},
		{"a tag of the site", Rule{Kind: SiteTag, ID: names.SiteTag(names.Site("shop"), names.Tag("p1"))}, Hard},
		{"a tag of another site", Rule{Kind: SiteTag, ID: names.SiteTag(names.Site("api"), names.Tag("p1"))}, Untouched},
		{"a host that is called like a tag", Rule{Kind: Host, ID: names.Host("p1")}, Untouched},
		{"the host", Rule{Kind: Host, ID: names.Host("a.test")}, Hard},
		{"another host", Rule{Kind: Host, ID: names.Host("b.test")}, Untouched},
		{"the site", Rule{Kind: Site, ID: names.Site("shop")}, Hard},
		{"another site", Rule{Kind: Site, ID: names.Site("api")}, Untouched},
		{"the root", Rule{Kind: Prefix, ID: names.Prefix("a.test", "/")}, Hard},
		{"a segment", Rule{Kind: Prefix, ID: names.Prefix("a.test", "/products")}, Hard},
		{"below a segment", Rule{Kind: Prefix, ID: names.Prefix("a.test", "/products/")}, Hard},
		{"two segments", Rule{Kind: Prefix, ID: names.Prefix("a.test", "/products/1")}, Hard},
		{"the whole path", Rule{Kind: Prefix, ID: names.Prefix("a.test", "/products/1/view")}, Hard},
		{"below the whole path", Rule{Kind: Prefix, ID: names.Prefix("a.test", "/products/1/view/")}, Untouched},
		{"part of a segment", Rule{Kind: Prefix, ID: names.Prefix("a.test", "/prod")}, Untouched},
		{"the start of a path", Rule{Kind: Stem, ID: names.Stem("a.test", "/prod")}, Hard},
		{"the start of another path", Rule{Kind: Stem, ID: names.Stem("a.test", "/prox")}, Untouched},
		{"the start at a slash", Rule{Kind: Stem, ID: names.Stem("a.test:8080", "/products/")}, Hard},
		{"the start of another host's path", Rule{Kind: Stem, ID: names.Stem("b.test", "/prod")}, Untouched},
		{"a whole path as a start", Rule{Kind: Stem, ID: names.Stem("a.test", "/products/1/view")}, Hard},
		{"more than the path", Rule{Kind: Stem, ID: names.Stem("a.test", "/products/1/views")}, Untouched},
		{"a start as a prefix", Rule{Kind: Prefix, ID: names.Stem("a.test", "/prod")}, Untouched},
		{"a sibling", Rule{Kind: Prefix, ID: names.Prefix("a.test", "/products/2")}, Untouched},
		{"another host's prefix", Rule{Kind: Prefix, ID: names.Prefix("b.test", "/")}, Untouched},
		{"everything", Rule{Kind: All}, Hard},
		{"everything, soft", Rule{Kind: All, Soft: true}, Soft},
	} {
		l := NewLog(names, 0)
		l.Put(Rule{Kind: Tag, ID: names.Tag("before")})
		before := l.Latest()
		version := l.Version()
		seq := l.Put(c.rule)
		if seq != before+1 || l.Latest() != seq || l.Version() == version {
			t.Errorf("%s: number %d after %d", c.what, seq, before)
		}
		if v := l.Covers(&s, before); v != c.want {
			t.Errorf("%s: %v, want %v", c.what, v, c.want)
		}
		if v := l.Covers(&s, seq); v != Untouched {
			t.Errorf("%s: what came after it is %v", c.what, v)
		}
	}
}

// A soft purge after a hard one leaves the older object gone, and the other way
// round.
func TestHardAndSoft(t *testing.T) {
	s := subject("a.test", "/", "t")
	for _, soft := range []bool{true, false} {
		l := NewLog(names, 0)
		first := l.Put(Rule{Kind: Tag, Soft: !soft, ID: s.Tags[0]})
		l.Put(Rule{Kind: Tag, Soft: soft, ID: s.Tags[0]})
		if v := l.Covers(&s, 0); v != Hard {
			t.Errorf("%v", v)
		}
		want := Hard
		if soft {
			want = Soft
		}
		if v := l.Covers(&s, first); v != want {
			t.Errorf("between the two: %v, want %v", v, want)
		}
	}
}

// What is forgotten for want of room leaves doubt behind, never trust.
func TestOverflow(t *testing.T) {
	l := NewLog(names, 1000)
	s := subject("a.test", "/", "first")
	l.Put(Rule{Kind: Tag, ID: s.Tags[0]})
	for i := range 5000 {
		l.Put(Rule{Kind: Tag, ID: names.Tag(fmt.Sprint(i))})
		if v := l.Covers(&s, 0); v < Doubtful {
			t.Fatalf("after %d more: %v", i+1, v)
		}
	}
	if n := l.Stats().Rules; n > 1000 {
		t.Errorf("%d rules", n)
	}
	if v := l.Covers(&s, l.Latest()); v != Untouched {
		t.Errorf("what is new is %v", v)
	}
}

// Long paths cost no more than MaxDepth looks.
func TestDepth(t *testing.T) {
	s := Subject{Host: "a.test"}
	for range 10 * MaxDepth {
		s.Path += "/x"
	}
	looks := 0
	s.prefixes(names, func(ID) bool { looks++; return true })
	if looks > 2*MaxDepth+2 {
		t.Errorf("%d looks", looks)
	}
}

// What is below the deepest prefix is covered by it, with and without a slash at
// its end.
func TestDeepestPrefix(t *testing.T) {
	path := strings.Repeat("/a", MaxDepth)
	for _, prefix := range []string{path, path[:len(path)-1]} {
		l := NewLog(names, 0)
		if Depth(prefix) > MaxDepth {
			t.Fatalf("%q is too deep", prefix)
		}
		l.Put(Rule{Kind: Prefix, ID: names.Prefix("a.test", prefix)})
		for _, below := range []string{"", "/b", "/b/c"} {
			s := Subject{Host: "a.test", Path: prefix + below}
			if strings.HasSuffix(prefix, "/") {
				s.Path = prefix + strings.TrimPrefix(below, "/")
			}
			if v := l.Covers(&s, 0); v != Hard {
				t.Errorf("%q below %q: %v", s.Path, prefix, v)
			}
		}
	}
}

// Who sees a number sees another version than any that was there before: a verdict
// from then is not taken for one about the number.
func TestVersionBeforeNumber(t *testing.T) {
	const puts = 400_000
	l := NewLog(names, 0)
	before := make([]atomic.Uint64, puts+1) // version before each number
	var putting sync.WaitGroup
	putting.Go(func() {
		for n := 1; n <= puts; n++ {
			before[n].Store(l.Version())
			l.Put(Rule{Kind: All})
		}
	})
	for n := Seq(0); n < puts; {
		n = l.Latest()
		if v := l.Version(); n > 0 && v <= before[n].Load() {
			t.Errorf("%d is the latest, and the version is %d as before", n, v)
			break
		}
	}
	putting.Wait()
}

// What a new file has of a log that changes: with the cursor the rules, and with
// what was forgotten the floor.
func TestWriteWhileChanging(t *testing.T) {
	restored := func(write func(l *Log) rows) *Log {
		l := NewLog(names, 64*2*2) // two rules in a generation of a shard
		again := NewLog(names, 0)
		again.restoreRows(write(l), true)
		return again
	}
	begin := func(l *Log) chan rows {
		got := make(chan rows)
		go func() {
			var b rows
			l.write(&b)
			got <- b
		}()
		time.Sleep(50 * time.Millisecond)
		return got
	}
	first := Rule{Kind: URL, ID: ID{1, 63}}
	s := Subject{URL: first.ID, Host: "a.test", Path: "/"}
	again := restored(func(l *Log) rows {
		l.Put(first)
		l.table.shards[0].mu.Lock()
		got := begin(l)
		for i := range uint64(6) {
			l.Put(Rule{Kind: URL, ID: ID{i + 2, 63}}) // first is forgotten
		}
		l.table.shards[0].mu.Unlock()
		return <-got
	})
	if v := again.Covers(&s, 0); v == Untouched {
		t.Error("what was forgotten while the file was written is untouched")
	}
	again = restored(func(l *Log) rows {
		l.table.shards[63].mu.Lock()
		applied := make(chan bool)
		go func() {
			l.Apply(Cursor{Seq: 5}, first, Rule{Kind: URL, ID: ID{1, 0}})
			close(applied)
		}()
		time.Sleep(50 * time.Millisecond)
		got := begin(l)
		l.table.shards[63].mu.Unlock()
		<-applied
		return <-got
	})
	if v := again.Covers(&s, 0); again.Cursor().Seq == 5 && v != Hard {
		t.Errorf("the file has the cursor, and not the rules: %v", v)
	}
}

// After Restart the cursor is lower, also after a restart of the process, and all
// that was stored is doubtful.
func TestRestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "purges")
	l := openLog(t, path, 0)
	l.Apply(Cursor{Seq: 50, Mark: 7}, Rule{Kind: Tag, ID: names.Tag("x")})
	if c := l.Cursor(); c != (Cursor{50, 7}) {
		t.Errorf("%+v", c)
	}
	l.Restart(Cursor{Seq: 20, Mark: 9})
	l.Apply(Cursor{Seq: 21, Mark: 10}, Rule{Kind: Tag, ID: names.Tag("y")})
	purgeTag(t, l, "z") // waits until all is written
	s := subject("a.test", "/")
	for range 2 {
		again := openLog(t, copied(t, path), 0)
		for _, l := range []*Log{l, again} {
			if c := l.Cursor(); c != (Cursor{21, 10}) || l.Covers(&s, 50) != Doubtful || l.Covers(&s, 51) != Untouched {
				t.Errorf("%+v, %v, %v", c, l.Covers(&s, 50), l.Covers(&s, 51))
			}
		}
		purgeTag(t, again, "z") // the file is new
	}
}

// The log says what a list of all purges would.
func TestLogModel(t *testing.T) {
	hosts, tags := []string{"a.test", "b.test"}, []string{"x", "y", "z"}
	paths := []string{"/", "/a", "/a/", "/a/b", "/ab", "/a/b/c", "/c"}
	rapid.Check(t, func(t *rapid.T) {
		type purged struct {
			seq  Seq
			soft bool
			hits func(*Subject, string, []string) bool
		}
		var all []purged
		l := NewLog(names, 0)
		for range rapid.IntRange(0, 20).Draw(t, "purges") {
			host, path := rapid.SampledFrom(hosts).Draw(t, "host"), rapid.SampledFrom(paths).Draw(t, "path")
			tag := rapid.SampledFrom(tags).Draw(t, "tag")
			p := purged{soft: rapid.Bool().Draw(t, "soft")}
			r := Rule{Soft: p.soft}
			switch rapid.IntRange(0, 9).Draw(t, "kind") {
			case 0, 1:
				r.Kind, r.ID = URL, urlID(host+path)
				p.hits = func(s *Subject, _ string, _ []string) bool { return s.Host == host && s.Path == path }
			case 2, 3:
				r.Kind, r.ID = Prefix, names.Prefix(host, path)
				p.hits = func(s *Subject, _ string, _ []string) bool {
					below := path
					if path[len(path)-1] != '/' {
						below += "/"
					}
					return s.Host == host && (s.Path == path || len(s.Path) >= len(below) && s.Path[:len(below)] == below)
				}
			case 4, 5:
				r.Kind, r.ID = Tag, names.Tag(tag)
				p.hits = func(_ *Subject, _ string, has []string) bool { return contains(has, tag) }
			case 6:
				r.Kind, r.ID = Host, names.Host(host)
				p.hits = func(s *Subject, _ string, _ []string) bool { return s.Host == host }
			case 7:
				r.Kind, r.ID = SiteTag, names.SiteTag(names.Site("s1"), names.Tag(tag))
				p.hits = func(_ *Subject, site string, has []string) bool { return site == "s1" && contains(has, tag) }
			case 8:
				r.Kind, r.ID = Stem, names.Stem(host, path)
				p.hits = func(s *Subject, _ string, _ []string) bool {
					return s.Host == host && len(s.Path) >= len(path) && s.Path[:len(path)] == path
				}
			default:
				r.Kind = All
				p.hits = func(*Subject, string, []string) bool { return true }
			}
			p.seq = l.Put(r)
			all = append(all, p)
		}
		for range 20 {
			host, path := rapid.SampledFrom(hosts).Draw(t, "host"), rapid.SampledFrom(paths).Draw(t, "path")
			site := rapid.SampledFrom([]string{"s1", "s2"}).Draw(t, "site")
			has := rapid.SliceOfDistinct(rapid.SampledFrom(tags), func(s string) string { return s }).Draw(t, "tags")
			stamp := Seq(rapid.IntRange(0, len(all)).Draw(t, "stamp"))
			s := subject(host, path, has...)
			s.Site = names.Site(site)
			want := Untouched
			for _, p := range all {
				switch {
				case p.seq <= stamp || !p.hits(&s, site, has):
				case !p.soft:
					want = Hard
				default:
					want = max(want, Soft)
				}
			}
			if got := l.Covers(&s, stamp); got != want {
				t.Fatalf("%+v, stamp %d: %v, want %v", s, stamp, got, want)
			}
		}
	})
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// Once Put has returned nobody finds an older object that it covers, however
// many purge at a time.
func TestPutIsInForce(t *testing.T) {
	l := NewLog(names, 1<<14)
	var running sync.WaitGroup
	for w := range 8 {
		running.Go(func() {
			for i := range 2000 {
				s := subject("a.test", "/", fmt.Sprint(w, "-", i%50))
				stamp := l.Latest()
				l.Put(Rule{Kind: Tag, ID: s.Tags[0]})
				if v := l.Covers(&s, stamp); v < Doubtful {
					t.Errorf("%v", v)
					return
				}
				l.Stats()
			}
		})
	}
	running.Wait()
	if l.Latest() != 16000 {
		t.Errorf("latest %d", l.Latest())
	}
}

func TestTrim(t *testing.T) {
	l := NewLog(names, 0)
	for i := range 100 {
		l.Put(Rule{Kind: Tag, ID: names.Tag(fmt.Sprint(i))})
	}
	l.Trim(60)
	if n := l.Stats().Rules; n != 40 {
		t.Errorf("%d rules", n)
	}
	s := subject("a.test", "/", "60")
	if v := l.Covers(&s, 60); v != Hard {
		t.Errorf("%v", v)
	}
	s = subject("a.test", "/", "other")
	if old, new := l.Covers(&s, 59), l.Covers(&s, 60); old != Doubtful || new != Untouched {
		t.Errorf("older than what is forgotten: %v, as new: %v", old, new)
	}
}

// What lies below the floor is doubtful without its rules, so that these are forgotten,
// whatever the caller knows of.
func TestTrimBelowFloor(t *testing.T) {
	l := NewLog(names, 1000)
	for i := range 5000 {
		l.Put(Rule{Kind: Tag, ID: names.Tag(fmt.Sprint(i))})
	}
	if !l.Crowded() {
		t.Errorf("not crowded: %+v", l.Stats())
	}
	l.Doubt()
	l.Trim(0)
	if st := l.Stats(); st.Rules != 0 || l.Crowded() {
		t.Errorf("%+v", st)
	}
	s := subject("a.test", "/", "4999")
	if old, new := l.Covers(&s, 4998), l.Covers(&s, l.Latest()); old != Doubtful || new != Untouched {
		t.Errorf("below the floor: %v, as new: %v", old, new)
	}
}

// heap returns the bytes that live.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// Rules take no more memory than Fit reckons with, and give it back.
func TestRuleSize(t *testing.T) {
	for _, n := range []int{10_000, 50_000, 131_000} {
		before := heap()
		l := NewLog(names, Fit(int64(n)*RuleSize))
		most := int64(0)
		for round := range 3 {
			for i := range n / 2 {
				l.Put(Rule{Kind: Tag, ID: names.Tag(fmt.Sprint(round, "-", i))})
			}
			most = max(most, heap()-before)
		}
		t.Logf("%d rules: %d bytes each", l.Stats().Rules, most/int64(l.Stats().Rules))
		if limit := int64(n) * RuleSize; most > limit*11/10 {
			t.Errorf("%d rules take %d bytes, more than %d", n, most, limit)
		}
		if st := l.Stats(); st.Dropped == 0 || st.Rules > n {
			t.Errorf("%+v", st)
		}
		l.Trim(l.Latest())
		if left := heap() - before; left > most/4 {
			t.Errorf("%d bytes are left of %d", left, most)
		}
		runtime.KeepAlive(l)
	}
}

func BenchmarkCovers(b *testing.B) {
	l := NewLog(names, 0)
	for i := range 1_000_000 {
		l.Put(Rule{Kind: Tag, ID: names.Tag(fmt.Sprint(i))})
	}
	s := subject("shop.test", "/products/1/view", "a", "b", "c", "d")
	b.ReportAllocs()
	for b.Loop() {
		l.Covers(&s, 5)
	}
}

// What is put in force ahead of its number covers all that was begun before that
// number is, and nothing after.
func TestAhead(t *testing.T) {
	l := NewLog(names, 0)
	s := subject("a.test", "/", "x")
	l.Put(Rule{Kind: Tag, ID: names.Tag("y")})
	version := l.Version()
	l.Ahead(Rule{Kind: Tag, ID: s.Tags[0]})
	if l.Latest() != 1 || l.Version() == version || l.Covers(&s, 0) != Hard || l.Covers(&s, 1) != Hard {
		t.Errorf("latest %d, %v, %v", l.Latest(), l.Covers(&s, 0), l.Covers(&s, 1))
	}
	if l.Apply(Cursor{Seq: 7}, Rule{Kind: Tag, ID: s.Tags[0]}); l.Latest() != 7 {
		t.Errorf("latest %d", l.Latest())
	}
	if l.Covers(&s, 6) != Hard || l.Covers(&s, 7) != Untouched {
		t.Error("not as if purged at 7")
	}
	if l.Apply(Cursor{Seq: 5}, Rule{Kind: Tag, ID: s.Tags[0]}); l.Latest() != 8 || l.Covers(&s, 7) != Hard {
		t.Errorf("an old number: latest %d", l.Latest())
	}
}

// A number whose rules nobody knows leaves doubt behind.
func TestApplyUnknown(t *testing.T) {
	l := NewLog(names, 0)
	s := subject("a.test", "/", "x")
	l.Apply(Cursor{Seq: 7})
	if l.Latest() != 7 || l.Cursor().Seq != 7 || l.Covers(&s, 6) != Doubtful || l.Covers(&s, 7) != Untouched {
		t.Errorf("latest %d, cursor %d, %v, %v", l.Latest(), l.Cursor().Seq, l.Covers(&s, 6), l.Covers(&s, 7))
	}
}

// While purges may be missed everything is doubtful, and what is gone stays so.
func TestSuspect(t *testing.T) {
	l := NewLog(names, 0)
	s, gone := subject("a.test", "/", "x"), subject("a.test", "/", "y")
	l.Put(Rule{Kind: Tag, ID: gone.Tags[0]})
	for _, on := range []bool{true, true, false, true, false} {
		before, was := l.Version(), l.suspect.Load()
		l.Suspect(on)
		if (l.Version() != before) != (on != was) {
			t.Errorf("version %d after %d", l.Version(), before)
		}
		want := Untouched
		if on {
			want = Doubtful
		}
		if l.Covers(&s, 0) != want || l.Covers(&s, l.Latest()) != want || l.Covers(&gone, 0) != Hard {
			t.Errorf("%v: %v, %v, %v", on, l.Covers(&s, 0), l.Covers(&s, l.Latest()), l.Covers(&gone, 0))
		}
	}
}

// A stream that is empty: its end is 0.
func TestRestartAtZero(t *testing.T) {
	path := filepath.Join(t.TempDir(), "purges")
	l := openLog(t, path, 0)
	l.Apply(Cursor{Seq: 50}, Rule{Kind: Tag, ID: names.Tag("x")})
	purgeTag(t, l, "y")
	l.Restart(Cursor{})
	purgeTag(t, l, "z")
	again := openLog(t, copied(t, path), 0)
	if c := again.Cursor(); c != l.Cursor() {
		t.Errorf("restored %+v, was %+v", c, l.Cursor())
	}
}
