package store

import (
	"strings"

	"brink/purge"
)

// Verdict says what the purges mean for o. If there was no purge since the last call
// for o, it costs one atomic load.
func (s *Store) Verdict(o *Object) purge.Verdict {
	// The version is read first, so that the next call looks up a purge that comes
	// meanwhile.
	version := s.purges.Version()
	if checked, v := unpackChecked(o.checked.Load()); checked == version {
		return v
	}
	v := s.VerdictSince(o, o.survived())
	o.checked.Store(packChecked(version, v))
	return v
}

// VerdictSince says what the purges newer than stamp mean for o, and ignores the
// object's own stamp.
func (s *Store) VerdictSince(o *Object, stamp purge.Seq) purge.Verdict {
	subject := subjectOf(o.Primary, o.Text, o.Site, o.Tags)
	return s.purges.Covers(&subject, stamp)
}

// Object.checked is the version of the purges that the object was checked
// against, with the verdict in the lowest two bits.
func packChecked(version uint64, v purge.Verdict) uint64 { return version<<2 | uint64(v) }

func unpackChecked(w uint64) (version uint64, v purge.Verdict) {
	return w >> 2, purge.Verdict(w & 3)
}

// subjectOf makes the subject that purges are asked about. A key text begins with
// scheme, host and target, each with its length before it.
func subjectOf(primary Key, text string, site purge.ID, tags []purge.ID) purge.Subject {
	s := purge.Subject{URL: primary.URL(), Site: site, Tags: tags}
	_, text = cutPart(text)
	s.Host, text = cutPart(text)
	target, _ := cutPart(text)
	s.Path, _, _ = strings.Cut(target, "?")
	return s
}

// cutPart cuts off the first part. Its length is in the four bytes before it.
func cutPart(text string) (part, rest string) {
	if len(text) < 4 {
		return "", ""
	}
	n := int(text[0])<<24 | int(text[1])<<16 | int(text[2])<<8 | int(text[3])
	if n > len(text)-4 {
		return "", ""
	}
	return text[4 : 4+n], text[4+n:]
}

// joinable reports whether no purge covers a fill. Only then may others join it.
func (s *Store) joinable(f *Fill) bool {
	if s.purges.Version() == f.version {
		return true
	}
	var site purge.ID
	var tags []purge.ID
	if o := f.head.Load(); o != nil {
		site, tags = o.Site, o.Tags
	}
	subject := subjectOf(f.primary, f.text, site, tags)
	return s.purges.Covers(&subject, f.stamp) == purge.Untouched
}

// Outdated reports whether f's response may be too old for a request that joined it
// when the purges were at the version seen: a purge that was in force by then covers
// it. That can happen because nobody knows the tags of a response before its head
// arrives.
func (f *Fill) Outdated(seen uint64) bool {
	return seen != f.version && f.store.Verdict(f.Object()) != purge.Untouched
}
