package semantics

import (
	"bytes"

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
	methodField  = "x-purge-method"
)

// patternFields hold regular expressions, whatever their values.
var patternFields = []string{
	"x-purge-regex", "x-ban-regex", "x-ban-url", "x-ban-host", "x-url", "x-host",
}

// PurgeItems returns what a purge request for a site names: tags of the site and
// prefixes of the request's host by fields; without any, PURGE names the URL, and
// BAN for / the whole site. soft is what the site says of purges that say nothing.
//
// The reason is ReasonNone, ReasonPurgePattern for what can only be meant as a
// pattern, or ReasonBadRequest for what names nothing.
func PurgeItems(r *message.Request, site string, soft bool) ([]purge.Item, message.Reason) {
	if asksForPattern(&r.Fields) {
		return nil, message.ReasonPurgePattern
	}
	if value, ok := r.Fields.Lookup(softField); ok {
		soft = string(value) == "1"
	}
	items, named, reason := fieldItems(r, site, soft)
	switch {
	case reason != message.ReasonNone:
		return nil, reason
	case len(items) > 0:
		return items, message.ReasonNone
	case named:
		return nil, message.ReasonBadRequest
	case r.Method == message.PURGE:
		return urlItem(r, soft)
	case isBan(r) && string(r.URL.Target) == "/":
		return []purge.Item{{Kind: purge.Site, Soft: soft, Name: site}}, message.ReasonNone
	case isBan(r):
		return nil, message.ReasonPurgePattern
	}
	return nil, message.ReasonBadRequest
}

func asksForPattern(f *wire.Fields) bool {
	for _, name := range patternFields {
		if _, ok := f.Lookup(name); ok {
			return true
		}
	}
	value, _ := f.Lookup(methodField)
	return wire.EqualFold(value, "regex")
}

// patternBytes stand for something else in a pattern, and are in no tag that is sent
// as one.
const patternBytes = `()[]{}^$*+?\`

// magentoItems returns what a pattern of Magento 2 stands for: it sends each tag as
// ((^|,)tag(,|$)), with bars between them, and .* to flush all. Other patterns are
// not ok.
func magentoItems(pattern []byte, site string, soft bool) (items []purge.Item, ok bool) {
	if string(pattern) == ".*" {
		return []purge.Item{{Kind: purge.Site, Soft: soft, Name: site}}, true
	}
	for more := true; more; {
		rest, begins := bytes.CutPrefix(pattern, []byte("((^|,)"))
		tag, rest, ends := bytes.Cut(rest, []byte("(,|$))"))
		if !begins || !ends || len(tag) == 0 || bytes.ContainsAny(tag, patternBytes+"|,") {
			return nil, false
		}
		items = append(items, purge.Item{Kind: purge.SiteTag, Soft: soft, Site: site, Name: string(tag)})
		if pattern, more = bytes.CutPrefix(rest, []byte{'|'}); !more && len(rest) > 0 {
			return nil, false
		}
	}
	return items, true
}

// fieldItems returns what fields name, and whether there is a field that names
// anything at all.
func fieldItems(r *message.Request, site string, soft bool) (items []purge.Item, named bool, reason message.Reason) {
	separates := func(c byte) bool { return blank(c) || comma(c) || c == '|' && isBan(r) }
	for i := range r.Fields.List {
		x := &r.Fields.List[i]
		switch {
		case wire.EqualFold(x.Name, prefixField):
			named = true
			if len(x.Value) == 0 || x.Value[0] != '/' {
				return nil, named, message.ReasonBadRequest
			}
			if wildcard(x.Value) {
				return nil, named, message.ReasonPurgePattern
			}
			items = append(items, purge.Item{Kind: purge.Prefix, Soft: soft, Name: string(r.URL.Host) + string(x.Value)})
		case wire.EqualFold(x.Name, magentoField):
			named = true
			more, ok := magentoItems(x.Value, site, soft)
			if !ok {
				return nil, named, message.ReasonPurgePattern
			}
			items = append(items, more...)
		case listsName(tagFields, x.Name):
			named = true
			if isBan(r) && bytes.ContainsAny(x.Value, patternBytes) {
				return nil, named, message.ReasonPurgePattern
			}
			tag := purge.Item{Kind: purge.SiteTag, Site: site, Soft: soft || wire.EqualFold(x.Name, softTagField)}
			eachBetween(x.Value, separates, func(name []byte) {
				tag.Name = string(name)
				items = append(items, tag)
			})
		}
	}
	return items, named, message.ReasonNone
}

func urlItem(r *message.Request, soft bool) ([]purge.Item, message.Reason) {
	if wildcard(r.URL.Path) {
		return nil, message.ReasonPurgePattern
	}
	return []purge.Item{{Kind: purge.URL, Soft: soft, Name: string(r.URL.Host) + string(r.URL.Target)}}, message.ReasonNone
}

// wildcard reports whether a path ends as that of a pattern does, to Varnish
// (".*") and to nginx ("*").
func wildcard(path []byte) bool { return bytes.HasSuffix(path, []byte{'*'}) }
