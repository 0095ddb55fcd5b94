package semantics

import (
	"bytes"
	"slices"

	"github.com/dunglas/httpsfv"

	"brink/edge/message"
	"brink/edge/wire"
	"brink/purge"
)

// maxTags is how many tags a response may have: with more it is not stored, since
// each look at it after a purge would have to look up all of them.
const maxTags = 1024

// tagField reports whether a field carries tags. They are for caches: a client
// could learn from them what belongs together.
func tagField(id wire.Name) bool {
	switch id {
	case wire.SurrogateKey, wire.CacheTag, wire.CacheTags, wire.PurgeCacheTags, wire.XCacheTags, wire.XKey, wire.XMagentoTags, wire.CacheGroups:
		return true
	}
	return false
}

// Tags returns the tags of a response to a request for u: what is between blanks
// in Surrogate-Key, between commas in Cache-Tag and X-Magento-Tags, between either
// in xkey, Cache-Tags, Purge-Cache-Tags and X-Cache-Tags, and the groups in
// Cache-Groups (RFC 9875), which are those of u's origin only. Other tags are any
// bytes: nothing in them stands for something else.
func Tags(names purge.Names, u *message.URL, f *wire.Fields) (tags []purge.ID) {
	eachTag(f, func(tag []byte) { tags = append(tags, names.Tag(string(tag))) })
	for _, group := range groups(f, wire.CacheGroups) {
		tags = append(tags, names.Group(originOf(u), group))
	}
	return tags
}

// UniteTags returns the tags of two responses, each once. It does not change either.
func UniteTags(a, b []purge.ID) []purge.ID {
	known := make(map[purge.ID]bool, len(a))
	for _, tag := range a {
		known[tag] = true
	}
	all := slices.Clip(a)
	for _, tag := range b {
		if !known[tag] {
			known[tag] = true
			all = append(all, tag)
		}
	}
	return all
}

func countTags(f *wire.Fields) (n int) {
	eachTag(f, func([]byte) { n++ })
	return n + len(groups(f, wire.CacheGroups))
}

func eachTag(f *wire.Fields, each func(tag []byte)) {
	for _, x := range [...]struct {
		id        wire.Name
		separates func(byte) bool
	}{
		{wire.SurrogateKey, blank}, {wire.CacheTag, comma}, {wire.XMagentoTags, comma},
		{wire.XKey, either}, {wire.CacheTags, either}, {wire.PurgeCacheTags, either}, {wire.XCacheTags, either},
	} {
		for i := f.First(x.id); i >= 0; i = f.Next(i) {
			eachBetween(f.List[i].Value, x.separates, each)
		}
	}
}

// InvalidatedGroups returns the groups whose responses the response to an unsafe
// request for u puts out of date (RFC 9875 section 3). The field means nothing in
// other responses: there anybody who may answer a GET could purge.
func InvalidatedGroups(u *message.URL, f *wire.Fields) (items []purge.Item) {
	for _, group := range groups(f, wire.CacheGroupInvalidation) {
		items = append(items, purge.Item{Kind: purge.Group, Name: group, Site: originOf(u)})
	}
	return items
}

func originOf(u *message.URL) string { return u.Scheme + "://" + string(u.Host) }

// groups parses a list of strings (RFC 9651). One that is malformed is as if it
// were not there, and what is no string is left out.
func groups(f *wire.Fields, id wire.Name) (groups []string) {
	var lines []string
	for i := f.First(id); i >= 0; i = f.Next(i) {
		lines = append(lines, string(f.List[i].Value))
	}
	if lines == nil {
		return nil
	}
	list, err := httpsfv.UnmarshalList(lines)
	if err != nil {
		return nil
	}
	for _, member := range list {
		if item, ok := member.(httpsfv.Item); ok {
			if group, ok := item.Value.(string); ok {
				groups = append(groups, group)
			}
		}
	}
	return groups
}

func blank(c byte) bool  { return c == ' ' || c == '\t' }
func comma(c byte) bool  { return c == ',' }
func either(c byte) bool { return blank(c) || comma(c) }

// eachBetween calls each with what is between separators, without blanks around
// it, unless that is nothing.
func eachBetween(b []byte, separates func(byte) bool, each func([]byte)) {
	for len(b) > 0 {
		n := 0
		for n < len(b) && !separates(b[n]) {
			n++
		}
		if part := bytes.Trim(b[:n], " \t"); len(part) > 0 {
			each(part)
		}
		b = b[min(n+1, len(b)):]
	}
}
