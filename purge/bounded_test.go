package purge

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
)

// What was purged hard is gone, or doubtful, for ever after: with room for few rules,
// after trims and doubt, and after crashes. What is not below the floor is judged
// exactly.
func TestBoundedModel(t *testing.T) {
	for seed := range uint64(20) {
		boundedModel(t, rand.New(rand.NewPCG(seed, 1)))
	}
}

// boundedPurge is a purge as the model knows it.
type boundedPurge struct {
	seq  Seq
	soft bool
	kind Kind
	tag  string // or host
}

func (p *boundedPurge) hits(host, tag string) bool {
	switch p.kind {
	case All:
		return true
	case Host:
		return p.tag == host
	}
	return p.tag == tag
}

func boundedModel(t *testing.T, random *rand.Rand) {
	path := filepath.Join(t.TempDir(), "purges")
	limit := 128 << random.IntN(3)
	open := func(path string, atLeast Seq) *Log {
		l, lost := Open(path, names, limit, atLeast)
		if lost != nil && atLeast == 0 {
			t.Fatal(lost)
		}
		return l
	}
	l := open(path, 0)
	defer func() { l.Close() }()
	var cursor Seq
	all := []boundedPurge{{seq: purgeTag(t, l, "t0"), kind: Tag, tag: "t0"}} // the file is there
	tag := func() string { return fmt.Sprint("t", random.IntN(60<<random.IntN(5))) }
	for range 600 {
		p := boundedPurge{soft: random.IntN(2) == 0, kind: Tag, tag: tag()}
		r := Rule{Kind: Tag, Soft: p.soft, ID: names.Tag(p.tag)}
		switch random.IntN(40) {
		case 0:
			p.kind, r = All, Rule{Kind: All, Soft: p.soft}
		case 1, 2, 3:
			p.kind, p.tag = Host, fmt.Sprintf("h%d.test", random.IntN(40))
			r.Kind, r.ID = Host, names.Host(p.tag)
		}
		switch random.IntN(30) {
		case 0:
			l.Trim(Seq(random.Uint64N(uint64(l.Latest()) + 1)))
			continue
		case 1:
			if random.IntN(4) == 0 {
				l.Doubt()
			}
			continue
		case 2, 3, 4: // a crash
			if random.IntN(2) == 0 { // an object of the newest number is there: what is not is doubtful
				before := l
				copy := copied(t, path)
				path = copy
				l = open(path, before.Latest())
				before.Close()
				break
			}
			if seq, err := l.Purge(context.Background(), r); err == nil {
				p.seq = seq
				all = append(all, p)
			} else {
				t.Fatal(err)
			}
			copy, before := copied(t, path), l
			path = copy
			l = open(path, 0)
			if l.Latest() < p.seq {
				t.Fatalf("%d after a crash, had %d", l.Latest(), p.seq)
			}
			before.Close()
			continue
		case 5, 6, 7:
			cursor = max(cursor, l.Latest()) + Seq(1+random.IntN(3))
			if random.IntN(3) == 0 {
				l.Ahead(r)
			}
			l.Apply(Cursor{Seq: cursor, Mark: 7}, r)
			p.seq = cursor
			all = append(all, p)
			continue
		default:
			p.seq = l.Put(r)
			all = append(all, p)
			continue
		}
	}
	if l.Floor() > l.Latest() {
		t.Errorf("the floor is %d, beyond %d", l.Floor(), l.Latest())
	}
	check := func(when string) {
		for range 3000 {
			host, tag := fmt.Sprintf("h%d.test", random.IntN(40)), tag()
			stamp := Seq(random.Uint64N(uint64(l.Latest()) + 1))
			want := Untouched
			for i := range all {
				if q := &all[i]; q.seq > stamp && q.hits(host, tag) {
					if q.soft {
						want = max(want, Soft)
					} else {
						want = Hard
					}
				}
			}
			s := subject(host, "/", tag)
			got := l.Covers(&s, stamp)
			if stamp < l.Floor() {
				if got < Doubtful || got == Hard && want != Hard {
					t.Fatalf("%s: %s %s of %d, below the floor %d: %v, want %v", when, host, tag, stamp, l.Floor(), got, want)
				}
			} else if got != want {
				t.Fatalf("%s: %s %s of %d, floor %d, latest %d: %v, want %v", when, host, tag, stamp, l.Floor(), l.Latest(), got, want)
			}
		}
	}
	check("at the end")
	latest := l.Latest()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = open(path, 0)
	if l.Latest() != latest {
		t.Errorf("%d after the end, had %d", l.Latest(), latest)
	}
	check("after the end")
	l.Trim(l.Latest() / 2)
	check("after a trim")
}
