package semantics

import (
	"bytes"
	"slices"

	"brink/edge/message"
	"brink/edge/wire"
	"brink/purge"
)

// Purges reports whether a request on the data port is one to purge, as
// applications send it to Varnish and nginx: PURGE, BAN, and PURGEKEYS of
// FOSHttpCache. Methods other than PURGE mean something only where a site takes
// purges.
func Purges(r *message.Request) bool {
	switch r.Method {
	case message.PURGE:
		return true
	case message.MethodOther:
		return isBan(r) || string(r.Verb) == "PURGEKEYS"
	}
	return false
}

func isBan(r *message.Request) bool { return string(r.Verb) == "BAN" }

// tagFields are the request fields that name tags to purge.
var tagFields = []string{
	"xkey-purge", softTagField, "xkey", "surrogate-key", "cache-tag", "cache-tags", "x-cache-tags", "purge-cache-tags",
}

const (
	softTagField = "xkey-softpurge"
	magentoField = "x-magento-tags-pattern"
	prefixField  = "x-ban-prefix"
	softField    = "fastly-soft-purge"
	fosField     = "x-url"
)

var (
	// methodFields say what the URL of a PURGE is: "regex", or the URL itself.
	methodFields = []string{"x-purge-method", "x-vc-purge-method"}

	// patternFields hold regular expressions of URLs.
	patternFields = []string{"x-purge-regex", "x-ban-regex", "x-ban-url", fosField}

	// hostFields narrow a purge to hosts, by name or by a regular expression.
	hostFields = []string{"x-ban-host", "x-host", "x-vc-purge-host"}
)

// purgeRequest is a request to purge as it is read.
type purgeRequest struct {
	*message.Request

	site string
	soft bool

	items   []purge.Item
	named   bool // a field names something
	anyURL  bool // FOSHttpCache sends a pattern of all URLs, also beside tags
	anyHost bool // the purge is for all hosts, not only the request's
}

// PurgeItems returns the items that a purge request for a site names. Its fields name
// tags of the site, and prefixes and patterns of the request's host. Without such a
// field, PURGE names the URL or a pattern, and BAN a pattern. soft is the site's
// setting, for purges that do not say whether they are soft.
//
// Names may have a star at their end: see purge.Item.Plain.
//
// The reason is ReasonNone; ReasonPurgePattern if a pattern may match more than the
// items cover; or ReasonBadRequest if the request names nothing.
func PurgeItems(r *message.Request, site string, soft bool) ([]purge.Item, message.Reason) {
	if value, ok := r.Fields.Lookup(softField); ok {
		soft = string(value) == "1"
	}
	p := &purgeRequest{Request: r, site: site, soft: soft}
	for i := range r.Fields.List {
		if why := p.field(&r.Fields.List[i]); why != message.ReasonNone {
			return nil, why
		}
	}
	return p.all()
}

// all returns what the fields name, or else the URL.
func (p *purgeRequest) all() (items []purge.Item, why message.Reason) {
	switch {
	case len(p.items) > 0:
		items = p.items
	case p.anyURL:
		items = []purge.Item{p.wholeSite()}
	case p.named:
		return nil, message.ReasonBadRequest
	case isBan(p.Request):
		items, why = p.pattern(p.URL.Target)
	case p.Method == message.PURGE:
		items, why = p.url()
	default:
		return nil, message.ReasonBadRequest
	}
	if p.anyHost && slices.ContainsFunc(items, ofHost) {
		return nil, message.ReasonPurgePattern // a site may have hosts that nobody can list
	}
	return items, why
}

// ofHost reports whether an item covers responses of one host only.
func ofHost(i purge.Item) bool { return i.Kind == purge.URL || i.Kind == purge.Prefix }

func (p *purgeRequest) wholeSite() purge.Item {
	return purge.Item{Kind: purge.Site, Soft: p.soft, Name: p.site}
}

// field takes what a field names.
func (p *purgeRequest) field(x *wire.Field) message.Reason {
	switch {
	case listsField(hostFields, x.Name):
		all, ok := isHost(x.Value, &p.URL)
		if !ok {
			return message.ReasonPurgePattern
		}
		p.anyHost = p.anyHost || all
	case listsField(patternFields, x.Name):
		return p.patternField(x)
	case wire.EqualFold(x.Name, prefixField):
		return p.prefixField(x.Value)
	case wire.EqualFold(x.Name, magentoField):
		return p.magentoField(x.Value)
	case listsField(tagFields, x.Name):
		return p.tagField(x)
	}
	return message.ReasonNone
}

func (p *purgeRequest) patternField(x *wire.Field) message.Reason {
	p.named = true
	item, ok := urlPattern(x.Value, string(p.URL.Host), p.site, p.soft)
	switch {
	case !ok || !anchored(x.Value) || bytes.Contains(bytes.ToUpper(x.Value), []byte("%5C")): // an escape, or a part of the URL?
		return message.ReasonPurgePattern
	case item.Kind == purge.Site && wire.EqualFold(x.Name, fosField):
		p.anyURL = true
	default:
		p.items = append(p.items, item)
	}
	return message.ReasonNone
}

func (p *purgeRequest) prefixField(prefix []byte) message.Reason {
	p.named = true
	if len(prefix) == 0 || prefix[0] != '/' {
		return message.ReasonBadRequest
	}
	p.items = append(p.items, purge.Item{Kind: purge.Prefix, Soft: p.soft, Name: string(p.URL.Host) + string(prefix)})
	return message.ReasonNone
}

func (p *purgeRequest) magentoField(pattern []byte) message.Reason {
	p.named = true
	if string(pattern) == ".*" {
		p.items = append(p.items, p.wholeSite())
		return message.ReasonNone
	}
	return p.tagPattern(pattern, p.soft)
}

func (p *purgeRequest) tagPattern(pattern []byte, soft bool) message.Reason {
	tags, ok := patternTags(pattern)
	if !ok {
		return message.ReasonPurgePattern
	}
	for _, tag := range tags {
		p.tag(tag, soft)
	}
	return message.ReasonNone
}

func (p *purgeRequest) tag(name string, soft bool) {
	p.items = append(p.items, purge.Item{Kind: purge.SiteTag, Soft: soft, Site: p.site, Name: name})
}

func (p *purgeRequest) tagField(x *wire.Field) message.Reason {
	p.named = true
	ban := isBan(p.Request)
	soft := p.soft || wire.EqualFold(x.Name, softTagField)
	if ban && bytes.ContainsAny(x.Value, patternBytes) {
		return p.tagPattern(x.Value, soft)
	}
	separates := func(c byte) bool { return blank(c) || comma(c) || c == '|' && ban }
	eachBetween(x.Value, separates, func(name []byte) { p.tag(string(name), soft) })
	return message.ReasonNone
}

// url returns what the URL of a PURGE names.
func (p *purgeRequest) url() ([]purge.Item, message.Reason) {
	target := p.URL.Target
	method := p.purgeMethod()
	switch {
	case wire.EqualFold(method, "default"), wire.EqualFold(method, "exact"):
		literal := bytes.ReplaceAll(target, []byte{'*'}, []byte("%2A")) // for both spellings, but not a mixture
		if len(literal) > len(target) && bytes.Contains(bytes.ToUpper(target), []byte("%2A")) {
			return nil, message.ReasonPurgePattern
		}
		target = literal
	case wire.EqualFold(method, "regex"), string(target) == "/.*",
		bytes.HasSuffix(target, []byte{'*'}) && bytes.Contains(target, []byte("%5C")):
		return p.pattern(target)
	}
	return []purge.Item{{Kind: purge.URL, Soft: p.soft, Name: string(p.URL.Host) + string(target)}}, message.ReasonNone
}

func (p *purgeRequest) purgeMethod() []byte {
	for _, name := range methodFields {
		if value, ok := p.Fields.Lookup(name); ok {
			return value
		}
	}
	return nil
}

// pattern returns what a target that is a regular expression names.
func (p *purgeRequest) pattern(pattern []byte) ([]purge.Item, message.Reason) {
	item, ok := urlPattern(unescaped(pattern), string(p.URL.Host), p.site, p.soft)
	if !ok {
		return nil, message.ReasonPurgePattern
	}
	return []purge.Item{item}, message.ReasonNone
}
