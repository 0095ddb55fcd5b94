package semantics

import (
	"bytes"

	"github.com/dunglas/httpsfv"

	"brink/edge/wire"
)

// policy is the one set of directives that the cache obeys for a response.
type policy struct {
	Directives
	targeted bool      // from a targeted field: Cache-Control, Expires and Pragma count for nothing
	field    wire.Name // the field that it comes from
}

// source names the field that the policy comes from; "" for Cache-Control.
func (p *policy) source() string {
	if p.targeted {
		return p.field.String()
	}
	return ""
}

// surrogate is this node's name among the devices that a Surrogate-Control
// directive can be addressed to.
const surrogate = "brink"

// policyOf finds the policy of a response. The first field of
// Brink-Cache-Control, CDN-Cache-Control (RFC 9213) and Surrogate-Control that
// is present, valid and not empty replaces Cache-Control and Expires, whatever
// those say.
func policyOf(f *wire.Fields) policy {
	for _, id := range [...]wire.Name{wire.BrinkCacheControl, wire.CDNCacheControl} {
		if !f.Has(id) {
			continue
		}
		if d, ok := parseTargeted(f, id); ok {
			return policy{d, true, id}
		}
	}
	if f.Has(wire.SurrogateControl) {
		if d := parseSurrogate(f); d.set != 0 {
			return policy{d, true, wire.SurrogateControl}
		}
	}
	return policy{parseDirectives(f), false, wire.CacheControl}
}

// parseTargeted reads a targeted field, a dictionary of RFC 9651. It says no
// to one that is empty or malformed, which counts as absent (RFC 9213 section
// 2.1).
func parseTargeted(f *wire.Fields, id wire.Name) (d Directives, ok bool) {
	var lines []string
	for i := f.First(id); i >= 0; i = f.Next(i) {
		lines = append(lines, string(f.List[i].Value))
	}
	dict, err := httpsfv.UnmarshalDictionary(lines)
	if err != nil || len(dict.Names()) == 0 {
		return Directives{}, false
	}
	for _, name := range dict.Names() {
		value, _ := dict.Get(name)
		d.addTargeted(directiveOf([]byte(name)), value)
	}
	return d, true
}

// addTargeted adds one member. A number must be an integer, a permission true,
// or the member is ignored; a restriction counts unless it is false.
func (d *Directives) addTargeted(which Directive, value httpsfv.Member) {
	item, _ := value.(httpsfv.Item)
	flag, isFlag := item.Value.(bool)
	number, isNumber := item.Value.(int64)
	switch {
	case which&restricting != 0:
		if !isFlag || flag {
			d.set |= which
		}
	case which&permitting != 0:
		if flag {
			d.set |= which
		}
	case which != 0 && isNumber:
		d.addSeconds(which, min(max(number, 0), maxSeconds))
	}
}

// parseSurrogate reads Surrogate-Control as the W3C Note "Edge Architecture"
// of 2001 has it: directives of Cache-Control, each of which may be addressed
// to one device (max-age=60;brink). Where some are addressed to this node only
// those count, else those that are addressed to nobody. max-age=60+600 adds
// the time for which a stale answer will do. content="ESI/1.0" and other names
// mean nothing here.
func parseSurrogate(f *wire.Fields) Directives {
	var all, own Directives
	for i := f.First(wire.SurrogateControl); i >= 0; i = f.Next(i) {
		list := elementWalk{rest: f.List[i].Value}
		for more := true; more; {
			var element []byte
			element, more = list.next()
			directive, target := cutTarget(element)
			switch {
			case target == nil:
				all.addSurrogate(directive)
			case namesDirective(target):
				all.addBrokenSurrogate(element)
			case wire.EqualFold(wire.Trim(target), surrogate):
				own.addSurrogate(directive)
			}
		}
	}
	own.limitBrokenSMaxAge()
	all.limitBrokenSMaxAge()
	if own.set != 0 {
		return own
	}
	return all
}

// namesDirective reports whether what follows a ";" is no device but a
// directive behind a semicolon that should be a comma.
func namesDirective(target []byte) (found bool) {
	eachWord(target, func(name, _, _ []byte) { found = found || directiveOf(name) != 0 || isNoStoreRemote(name) })
	return found
}

// cutTarget cuts an element at the first ";" outside of quotes; target is nil
// if there is none.
func cutTarget(element []byte) (directive, target []byte) {
	var q quotes
	for i := 0; i < len(element); i++ {
		switch element[i] {
		case ';':
			return element[:i], element[i+1:]
		case '"':
			i += q.length(element[i:]) - 1
		}
	}
	return element, nil
}

func (d *Directives) addSurrogate(element []byte) {
	m, _ := nextMember(element)
	switch {
	case m.form == formBroken:
		d.addBrokenSurrogate(m.element)
		return
	case isNoStoreRemote(m.name):
		d.set |= NoStore
		return
	}
	if plus := bytes.IndexByte(m.value, '+'); plus >= 0 && directiveOf(m.name) == MaxAge {
		stale := m
		m.value, stale.value = m.value[:plus], m.value[plus+1:]
		d.addSeconds(StaleWhileRevalidate, stale.seconds())
		d.addSeconds(StaleIfError, stale.seconds())
	}
	d.add(m)
}

func (d *Directives) addBrokenSurrogate(element []byte) {
	eachWord(element, func(name, value, after []byte) {
		which := directiveOf(name)
		if isNoStoreRemote(name) {
			which = NoStore
		}
		d.addWord(which, value, after)
	})
}

// isNoStoreRemote reports whether a directive is no-store-remote: no-store for
// caches far from the origin.
func isNoStoreRemote(name []byte) bool { return wire.EqualFold(name, "no-store-remote") }
