package purge

import (
	"fmt"

	"github.com/zeebo/xxh3"
)

// Seq numbers purges, from 1. Zero is "before any purge".
type Seq uint64

// Kind is what a rule names.
type Kind uint8

const (
	URL     Kind = 'u' // one URL, with all its variants
	Prefix  Kind = 'p' // what is at a path of a host, and below it
	Stem    Kind = 'm' // paths of a host that begin with a text, which may end within a segment: of rules only, see Item.Plain
	Tag     Kind = 't' // responses that carry a tag
	SiteTag Kind = 'T' // those of one site
	Host    Kind = 'h' // all of a host
	Site    Kind = 's' // all of a site, whatever its hosts
	All     Kind = 'a' // everything
	Group   Kind = 'g' // responses of one origin that carry a tag (RFC 9875): of items only, their rules are for tags
)

func (k Kind) String() string {
	switch k {
	case URL:
		return "url"
	case Prefix:
		return "prefix"
	case Stem:
		return "stem"
	case Tag:
		return "tag"
	case SiteTag:
		return "tag of a site"
	case Host:
		return "host"
	case Site:
		return "site"
	case All:
		return "all"
	case Group:
		return "group"
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// ID stands for the name in a rule. The ID of a URL is the hash of its key text without
// variant and port, so all variants of the URL share it. Names makes the other IDs.
type ID struct{ Hi, Lo uint64 }

// Rule says what a purge covers.
type Rule struct {
	Kind Kind
	Soft bool // stale from now on, instead of gone
	ID   ID   // zero for All
}

// MaxName is how many bytes a name or site of an Item may have.
const MaxName = 64 << 10

// Item is what people ask to be purged, by its name.
type Item struct {
	Kind Kind
	Soft bool
	Name string // none for All
	Site string // of a SiteTag; of a Group, the scheme and host of its origin
}

// Verdict is what the purges say of an object, in the order of severity.
type Verdict uint8

const (
	Untouched Verdict = iota // no newer purge covers it
	Soft                     // stale since the purge: usable only as a stale response is
	Doubtful                 // a purge may have covered it: to be validated before it is used
	Hard                     // gone: must not be used, not even to validate against
)

func (v Verdict) String() string {
	return [...]string{"untouched", "soft", "doubtful", "hard"}[v]
}

// Names makes the IDs of everything but URLs. Its value is a secret seed: whoever chooses
// a name cannot choose its ID.
type Names uint64

// Host returns the ID of a host, whatever its port. The host is in lower case, as in a
// key text.
func (n Names) Host(host string) ID { return n.id(Host, "", withoutPort(host)) }

// Site returns the ID of a site, by its name in the conf.
func (n Names) Site(name string) ID { return n.id(Site, "", name) }

// Prefix returns the ID of a path of a host, whatever its port. A path that ends in a
// slash covers the paths below it; any other path also covers itself.
func (n Names) Prefix(host, path string) ID { return n.id(Prefix, withoutPort(host), path) }

// maxStem is how many bytes of a stem count. A longer stem covers all paths that begin
// with its first maxStem bytes.
const maxStem = 256

// Stem returns the ID of the paths of a host, whatever its port, that begin with a
// text.
func (n Names) Stem(host, start string) ID {
	return n.id(Stem, withoutPort(host), start[:min(len(start), maxStem)])
}

// Tag returns the ID of a tag, which may be any bytes.
func (n Names) Tag(tag string) ID { return n.id(Tag, "", tag) }

// Group returns the ID of a tag that only counts among the responses of an origin:
// a scheme and host (RFC 9875).
func (n Names) Group(origin, name string) ID { return n.id(Group, origin, name) }

// SiteTag returns the ID of a tag among the responses of a site.
func (n Names) SiteTag(site, tag ID) ID {
	return ID{Hi: site.Hi ^ tag.Hi, Lo: site.Lo + tag.Lo}
}

func (n Names) id(k Kind, scope, name string) ID {
	seed := uint64(n) ^ uint64(k)<<56
	if scope != "" {
		seed = xxh3.HashStringSeed(scope, seed)
	}
	h := xxh3.HashString128Seed(name, seed)
	return ID{h.Hi, h.Lo}
}

// withoutPort cuts the port off a host, if it has one.
func withoutPort(host string) string {
	for i := len(host) - 1; i >= 0; i-- {
		switch c := host[i]; {
		case c == ':':
			return host[:i]
		case c < '0' || c > '9':
			return host
		}
	}
	return host
}
