package conf

import (
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
)

var (
	keyDefaults      = defaults[Key](keySection)
	bypassDefaults   = defaults[Bypass](bypassSection)
	redirectDefaults = defaults[Redirect](redirectSection)
	respondDefaults  = defaults[Respond](respondSection)
)

// rule adds the blocks of b to r, which has the settings of b already, and checks that b
// does not contradict itself.
func (d *decoder) rule(b *block, children map[string][]*block, r *Rule) {
	r.Position = position(b.at)
	for _, child := range children["key"] {
		r.Key = d.key(child)
	}
	for _, child := range children["bypass"] {
		r.Bypass = d.bypass(child, r.Bypass)
	}
	for _, child := range children["request"] {
		r.Request = d.edits(child, requestSection)
	}
	for _, child := range children["response"] {
		r.Response = d.edits(child, responseSection)
	}
	for _, child := range children["redirect"] {
		r.Redirect = d.redirect(child)
	}
	for _, child := range children["respond"] {
		r.Respond = d.respond(child)
	}
	if r.Redirect != nil && r.Respond != nil {
		d.add(wrong("a rule redirects or responds, not both").in(children["respond"][0].at).
			before(children["redirect"][0].at))
	}
	d.wall(b, r)
	d.lifetimes(b, r)
}

// wall refuses settings about storing together with cache = "off".
func (d *decoder) wall(b *block, r *Rule) {
	if r.Cache != "off" || !b.gives("cache") {
		return
	}
	for _, a := range b.attributes {
		if s := pathSection.setting(a.name); s != nil && s.storing {
			d.add(wrong("%q has no meaning with cache = \"off\": nothing is stored", a.name).in(a.at).
				detailed("cache is set at %s", position(b.attribute("cache").at)))
		}
	}
}

// lifetimes refuses freshness settings that contradict each other. Between a path and its
// site, only the bounds are checked: min_ttl must not be more than max_ttl.
func (d *decoder) lifetimes(b *block, r *Rule) {
	if ttl := b.attribute("ttl"); ttl != nil && b.gives("default_ttl") {
		d.add(wrong("\"default_ttl\" has no meaning with \"ttl\", which leaves no response without freshness").
			in(b.attribute("default_ttl").at).detailed("ttl is set at %s", position(ttl.at)))
	}
	if b.gives("min_ttl") || b.gives("max_ttl") {
		d.ordered(b, "min_ttl", r.MinTTL, "max_ttl", r.MaxTTL)
	}
	for _, name := range []string{"ttl", "default_ttl"} {
		long := r.TTL
		if name == "default_ttl" {
			long = r.DefaultTTL
		}
		if b.gives(name) && b.gives("min_ttl") {
			d.ordered(b, "min_ttl", r.MinTTL, name, long)
		}
		if b.gives(name) && b.gives("max_ttl") {
			d.ordered(b, name, long, "max_ttl", r.MaxTTL)
		}
	}
}

// ordered adds a fault if low is more than high. Nil is no bound.
func (d *decoder) ordered(b *block, lowName string, low *time.Duration, highName string, high *time.Duration) {
	if low == nil || high == nil || *low <= *high {
		return
	}
	a, name, than, other, long := b.attribute(highName), highName, "less than", lowName, low
	if a == nil {
		a, name, than, other, long = b.attribute(lowName), lowName, "more than", highName, high
	}
	d.add(wrong("%q is %s %q, %s", name, than, other, formatDuration(*long)).in(a.at))
}

// bypass adds the names in a block to the names of its site. If the block says inherit =
// false, only its own names count.
func (d *decoder) bypass(b *block, above Bypass) Bypass {
	own := bypassDefaults()
	d.fill(b, bypassSection, &own)
	if own.Inherit {
		own.Cookies = slices.Concat(above.Cookies, own.Cookies)
		own.Headers = slices.Concat(above.Headers, own.Headers)
		own.Query = slices.Concat(above.Query, own.Query)
	}
	return own
}

func (d *decoder) key(b *block) Key {
	k := keyDefaults()
	d.fill(b, keySection, &k)
	listed := k.Query == "keep" || k.Query == "drop"
	at := func(name string) hcl.Range {
		if a := b.attribute(name); a != nil {
			return a.at
		}
		return b.at
	}
	switch {
	case listed && !b.gives("params"):
		d.add(wrong("query = %q lacks \"params\", the parameters to %s", k.Query, k.Query).in(at("query")))
	case !listed && b.gives("params"):
		d.add(wrong("\"params\" has no meaning with query = %q", k.Query).in(at("params")).
			hinted(`add query = "keep" or query = "drop"`))
	case k.Sort && k.Query == "none":
		d.add(wrong("\"sort\" has no meaning with query = \"none\"").in(at("sort")))
	}
	if len(k.Ignore) > 1 && slices.Contains(k.Ignore, "*") {
		d.add(wrong("\"*\" ignores all fields: the others say nothing").in(at("ignore")))
	}
	for _, name := range k.Headers {
		if slices.ContainsFunc(k.Ignore, func(pattern string) bool { return pattern != "*" && covers(pattern, name) }) {
			d.add(wrong("%q is in the key and ignored", name).in(at("ignore")).before(at("headers")))
		}
	}
	return k
}

func (d *decoder) edits(b *block, s *section) Edits {
	var e Edits
	d.fill(b, s, &e)
	removed := folded(e.Remove)
	for _, set := range e.Set {
		if removed[strings.ToLower(set.Name)] {
			d.add(wrong("%q is removed and set: setting it replaces it", set.Name).in(b.attribute("remove").at))
		}
	}
	return e
}

// covers reports whether a pattern matches every name that another pattern matches. Case
// does not matter.
func covers(pattern, other string) bool {
	pattern, other = strings.ToLower(pattern), strings.ToLower(other)
	if stem, prefix := strings.CutSuffix(pattern, "*"); prefix {
		return strings.HasPrefix(other, stem)
	}
	return pattern == other
}

// folded returns the set of names, in lower case.
func folded(names []string) map[string]bool {
	set := make(map[string]bool, len(names))
	for _, n := range names {
		set[strings.ToLower(n)] = true
	}
	return set
}

func (d *decoder) redirect(b *block) *Redirect {
	r := redirectDefaults()
	d.fill(b, redirectSection, &r)
	switch r.Status {
	case 301, 302, 303, 307, 308:
	default:
		d.add(wrong("status: %d does not redirect: 301, 302, 303, 307 and 308 do", r.Status).
			in(b.attribute("status").value.Range()))
	}
	return &r
}

func (d *decoder) respond(b *block) *Respond {
	r := respondDefaults()
	d.fill(b, respondSection, &r)
	switch r.Status {
	case 204, 205, 304: // RFC 9110 section 6.4.1
		if r.Body != "" {
			d.add(wrong("body: a response with status %d has none", r.Status).in(b.attribute("body").at))
		}
	case 206:
		d.add(wrong("status: 206 answers a range request only").in(b.attribute("status").value.Range()))
	}
	return &r
}
