package semantics

import "brink/edge/wire"

// Directive is a set of cache directives, of a request or of a response.
type Directive uint32

const (
	NoStore Directive = 1 << iota
	NoCache           // with or without arguments: no-cache="X" is taken as no-cache
	Private           // with or without arguments
	Public
	MustRevalidate
	ProxyRevalidate
	MustUnderstand
	Immutable
	NoTransform
	OnlyIfCached
	MaxAge
	SMaxAge
	StaleWhileRevalidate
	StaleIfError
	MinFresh
	MaxStale
)

const (
	// restricting directives count in whatever form they come.
	restricting = NoStore | NoCache | Private | MustRevalidate | ProxyRevalidate | MustUnderstand | NoTransform | OnlyIfCached
	// permitting directives count only in their proper form.
	permitting = Public | Immutable
	// tolerating directives permit stale answers, for the more seconds the longer.
	tolerating = StaleWhileRevalidate | StaleIfError | MaxStale
	// speaking directives of a response say something about storing it.
	speaking = NoStore | NoCache | Private | Public | MustRevalidate | ProxyRevalidate | MustUnderstand | Immutable |
		MaxAge | SMaxAge | StaleWhileRevalidate | StaleIfError
)

// maxSeconds is the largest number of seconds that a directive, an Age or a
// rule stands for; what is larger counts as this (RFC 9111 section 1.2.2).
const maxSeconds = 1 << 31

// Directives is what the Cache-Control lines of one message say. It is a plain
// value without memory of its own. A number of seconds is valid only if Has
// says that its directive is present.
//
// A malformed directive counts in its strictest reading: a max-age that is no number is 0,
// so the response is stale and not "without information" (RFC 9111 section 4.2.1). If a
// directive is given twice, the stricter one counts, so the order of lines does not matter.
// A number may be quoted.
//
// An element is broken if it breaks the grammar of RFC 9111: a comma is missing,
// or a semicolon stands in its place ("no-store; private"), or a quote is stray
// or not closed. Words in it that name directives count as follows:
//
//   - A directive that restricts counts.
//   - A directive that permits does not count. Others do not permit anything
//     either: s-maxage, for example, does not permit to store an answer to
//     Authorization (see permits).
//   - Seconds of freshness count if nothing else gives fewer: "public max-age=60"
//     is max-age=60. If it is not clear where the number ends they are 0.
//   - Seconds of staleness are 0.
//
// Words inside a quoted value (x="private") do not count.
type Directives struct {
	set    Directive
	broken Directive // the ones of set that only broken elements have

	MaxAge               int64
	SMaxAge              int64
	StaleWhileRevalidate int64
	StaleIfError         int64
	MinFresh             int64
	MaxStale             int64 // maxSeconds if MaxStaleAny
	MaxStaleAny          bool  // max-stale without a value: however stale
}

// Has reports whether any of the directives in which is present.
func (d *Directives) Has(which Directive) bool { return d.set&which != 0 }

// permits reports whether any of the directives in which is present in an
// element that is not broken.
func (d *Directives) permits(which Directive) bool { return d.set&^d.broken&which != 0 }

// parseDirectives reads all Cache-Control lines of f (RFC 9111 section 5.2).
func parseDirectives(f *wire.Fields) Directives {
	var d Directives
	for i := f.First(wire.CacheControl); i >= 0; i = f.Next(i) {
		d.addLine(f.List[i].Value)
	}
	d.limitBrokenSMaxAge()
	return d
}

// RequestDirectives is parseDirectives for a request: Pragma: no-cache counts
// as no-cache where there is no Cache-Control (RFC 9111 section 5.4).
func RequestDirectives(f *wire.Fields) Directives {
	if f.Has(wire.CacheControl) {
		return parseDirectives(f)
	}
	var d Directives
	for i := f.First(wire.Pragma); i >= 0; i = f.Next(i) {
		d.addLine(f.List[i].Value)
	}
	return Directives{set: d.set & NoCache}
}

func (d *Directives) addLine(line []byte) {
	for len(line) > 0 {
		var m member
		m, line = nextMember(line)
		d.add(m)
	}
}

func (d *Directives) add(m member) {
	which := directiveOf(m.name)
	switch {
	case m.form == formBroken:
		d.addBroken(m.element)
		return
	case which == 0 && m.form == formBare && hasQuote(m.name):
		d.addBroken(m.name)
		return
	}
	d.broken &^= which
	switch {
	case which == 0:
	case which&restricting != 0:
		d.set |= which
	case which&permitting != 0:
		if m.form == formBare {
			d.set |= which
		}
	case m.form == formBare && which&(StaleWhileRevalidate|StaleIfError) != 0:
		// Without a value they say nothing: the rule's own value holds.
	case m.form == formBare && which == MaxStale:
		if !d.Has(MaxStale) {
			d.set |= MaxStale
			d.MaxStale, d.MaxStaleAny = maxSeconds, true
		}
	default:
		d.addSeconds(which, m.seconds())
	}
}

// addSeconds records n for a directive, unless an earlier one was stricter.
func (d *Directives) addSeconds(which Directive, n int64) {
	p := d.seconds(which)
	switch {
	case !d.Has(which):
		*p = n
	case which == MinFresh:
		*p = max(*p, n)
	default:
		*p = min(*p, n)
	}
	if which == MaxStale {
		d.MaxStaleAny = false
	}
	d.set |= which
}

func (d *Directives) seconds(which Directive) *int64 {
	switch which {
	case MaxAge:
		return &d.MaxAge
	case SMaxAge:
		return &d.SMaxAge
	case StaleWhileRevalidate:
		return &d.StaleWhileRevalidate
	case StaleIfError:
		return &d.StaleIfError
	case MinFresh:
		return &d.MinFresh
	case MaxStale:
		return &d.MaxStale
	}
	panic("BUG: a directive without a number of seconds")
}

// directiveOf identifies a directive without regard to case; 0: unknown.
func directiveOf(name []byte) Directive {
	var buf [len("stale-while-revalidate")]byte
	if len(name) > len(buf) {
		return 0
	}
	for i, c := range name {
		buf[i] = wire.Lower(c)
	}
	switch string(buf[:len(name)]) {
	case "no-store":
		return NoStore
	case "no-cache":
		return NoCache
	case "private":
		return Private
	case "public":
		return Public
	case "must-revalidate":
		return MustRevalidate
	case "proxy-revalidate":
		return ProxyRevalidate
	case "must-understand":
		return MustUnderstand
	case "immutable":
		return Immutable
	case "no-transform":
		return NoTransform
	case "only-if-cached":
		return OnlyIfCached
	case "max-age":
		return MaxAge
	case "s-maxage":
		return SMaxAge
	case "stale-while-revalidate":
		return StaleWhileRevalidate
	case "stale-if-error":
		return StaleIfError
	case "min-fresh":
		return MinFresh
	case "max-stale":
		return MaxStale
	}
	return 0
}
