package store

import (
	"strconv"
	"sync/atomic"

	"brink/edge/wire"
	"brink/purge"
)

// Instant is a moment of the node's clock, in nanoseconds since the Unix
// epoch. The node's clock starts at the wall clock and then runs on the
// monotonic one, so a stepped wall clock never makes an object younger or
// older. Zero is "never".
type Instant int64

// Second is the unit in which HTTP counts.
const Second Instant = 1e9

// Key is the 128-bit keyed hash of an object's key text. It finds an object;
// only the text identifies one (see Store.Get).
type Key struct{ Hi, Lo uint64 }

// URL returns the purge ID of a URL; k must be the key of the URL alone.
func (k Key) URL() purge.ID { return purge.ID(k) }

// Object is one stored response, or the variant index of a URL (see
// Variants). It is immutable once published, but for what is not exported.
type Object struct {
	Key      Key
	Primary  Key    // key of the URL alone, without variant and port; purges use it
	Text     string // what Key hashes
	Head     wire.Head
	Lifetime Lifetime
	Selector Selector   // what the response varies by; empty: nothing.
	Variants *Variants  // not nil: this is no response but the index of a URL's variants
	Site     purge.ID   // the site that it was fetched for
	Tags     []purge.ID // the origin's tags
	Stamp    purge.Seq  // newest purge in force when the fetch began
	Length   int64      // of the whole body in bytes; -1 while one of unknown length arrives
	Body     [][]byte   // runs of at most RunSize; pointer-free memory, shared between objects, never written again
	Partial  *Partial   // not nil: Body holds only a part of the representation

	Admission Admission // to the tier below; not kept there

	checked  atomic.Uint64            // see Store.Verdict
	proven   atomic.Uint64            // see Object.survived
	fileCopy atomic.Pointer[fileCopy] // the body in a file; nil: none
	location atomic.Pointer[Location] // see Location
	demoted  atomic.Bool              // the tier below has it, or has been asked to
	hits     atomic.Uint32            // how often it was sent without one
}

// Clone returns a copy of o that is not published. It shares the memory that o refers
// to. It has no Location and no file copy, and nothing of what the store knows about o.
func (o *Object) Clone() *Object {
	return &Object{
		Key: o.Key, Primary: o.Primary, Text: o.Text, Head: o.Head, Lifetime: o.Lifetime, Selector: o.Selector,
		Variants: o.Variants, Site: o.Site, Tags: o.Tags, Stamp: o.Stamp, Length: o.Length, Body: o.Body,
		Partial: o.Partial, Admission: o.Admission,
	}
}

// Partial says which part of a representation an object holds (a stored 206).
type Partial struct {
	First int64 // offset of the first byte of Body
	Whole int64 // length of the whole representation
}

// RunSize is the largest piece of a body, in bytes.
const RunSize = 256 << 10

// Variants is the index of a URL whose responses vary: which request fields
// select among them, and which variants there are. The text of a variant is
// made by the caller; the store only counts them.
type Variants struct {
	Selectors []Selector // newest first
	Keys      []Key      // of the stored variants, newest first
	Languages []Language // newest first
	Plain     *Object    // the response without Vary that was stored under the URL's own key; nil: none. Ask Store.Verdict before using it
}

// Language names the variant in a language, of a URL whose responses vary by
// the client's languages alone.
type Language struct {
	Tag  string // lower case
	Key  Key
	Text string
}

// Selector is one set of request fields that a response of the URL varied by,
// in lower case and sorted; an empty one stands for responses without Vary.
type Selector []string

// Lifetime says until when a stored response may be used, in absolute
// instants, and under which constraints (RFC 9111 section 4.2, RFC 5861).
type Lifetime struct {
	Born    Instant // the response's age was zero: now - corrected age
	Fresh   Instant // fresh before this
	Stale   Instant // may be served while it is revalidated before this
	IfError Instant // may be served where the origin fails before this
	Flags   LifetimeFlags
	Source  LifetimeSource
}

// LifetimeFlags are constraints on the reuse of a stored response.
type LifetimeFlags uint16

const (
	AlwaysValidate     LifetimeFlags = 1 << iota // no-cache: validate before each use
	NeverStale                                   // must-revalidate, proxy-revalidate, s-maxage: no stale use beyond Stale and IfError
	Immutable                                    // RFC 8246: client-forced validation may be ignored while fresh
	NoCacheInformation                           // nobody has said that it may be shared: not for clients that the origin could know
	SharedAge                                    // NeverStale is there because of s-maxage and nothing else
	WithPrivate                                  // Cache-Control: private, which a rule allowed to share
	WithCredential                               // the request had credentials, which a rule allowed to share
	WithCookies                                  // the head has Set-Cookie, which a rule allowed to share
	WithNoCache                                  // Cache-Control: no-cache, which a rule overruled
)

// LifetimeSource names what set the freshness lifetime.
type LifetimeSource uint8

const (
	FromNothing LifetimeSource = iota // no information: stale at once
	FromMaxAge
	FromSMaxAge
	FromExpires
	FromHeuristic
	FromTargeted // a field of RFC 9213 or Surrogate-Control
	FromRuleTTL  // the site's ttl
	FromRuleDefault
	FromRuleNegative
)

var lifetimeSources = [...]string{
	FromNothing: "nothing", FromMaxAge: "max-age", FromSMaxAge: "s-maxage", FromExpires: "Expires",
	FromHeuristic: "heuristic", FromTargeted: "targeted field", FromRuleTTL: "ttl rule",
	FromRuleDefault: "default_ttl rule", FromRuleNegative: "negative_ttl rule",
}

func (s LifetimeSource) String() string {
	if int(s) < len(lifetimeSources) {
		return lifetimeSources[s]
	}
	return "source " + strconv.Itoa(int(s))
}
