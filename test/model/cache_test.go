package model

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// entry is one answer of the origin that a cache may have kept.
type entry struct {
	head
	request  request // that it answered, as the origin got it
	asked    time.Duration
	answered time.Duration
	part     bool // it is a range of its representation
	sure     bool // the cache must have kept it
	gone     bool // invalidated or replaced: it must not be used again
}

// dated gives e the Date that a cache adds where there is none (RFC 9110
// section 6.6.1).
func (e *entry) dated() {
	if e.date == absent {
		e.date = unix(e.answered)
	}
}

// use is what a cache may do with an entry without asking the origin.
type use int

const (
	never use = iota
	stale     // answer, if the origin failed or is asked as well
	fresh     // answer
)

// rules is what the conf says of a path beyond RFC 9111.
type rules struct {
	off    bool
	ttl    time.Duration
	honour bool // directives of clients count

	byDefault           time.Duration // default_ttl
	revalidate, ifError time.Duration // stale_while_revalidate, stale_if_error
}

func rulesOf(path string) rules {
	switch {
	case strings.HasPrefix(path, "/off/"):
		return rules{off: true}
	case strings.HasPrefix(path, "/ttl/"):
		return rules{ttl: time.Minute}
	case strings.HasPrefix(path, "/honour/"):
		return rules{honour: true}
	case strings.HasPrefix(path, "/stale/"):
		return rules{byDefault: 30 * time.Second, revalidate: 20 * time.Second, ifError: time.Minute}
	}
	return rules{}
}

// cache is the reference cache: it knows what may be used, what must not be
// used, and what must be there.
type cache struct{ entries []*entry }

// lifetime says when an entry was born and when it becomes stale, on the
// node's clock.
func (e *entry) lifetime() (born, stale time.Duration) {
	age := seconds(max(e.age, 0)) + e.answered - e.asked
	lasts, byRule := e.freshness()
	if !byRule && e.date != absent {
		age = max(age, seconds(unix(e.answered)-e.date))
	}
	born = e.answered - age
	return born, born + max(lasts, 0)
}

// freshness is RFC 9111 section 4.2.1, after the rule's ttl.
func (e *entry) freshness() (lasts time.Duration, byRule bool) {
	date := e.date
	if date == absent {
		date = unix(e.answered)
	}
	c := e.control
	switch {
	case e.ruled():
		return rulesOf(e.request.path).ttl, true
	case c != nil && c.sMaxAge != absent:
		return seconds(int64(c.sMaxAge)), false
	case c != nil && c.maxAge != absent:
		return seconds(int64(c.maxAge)), false
	case e.expires != absent:
		return seconds(e.expires - date), false
	case rulesOf(e.request.path).byDefault > 0 && e.request.user == "" && ruleStatus(e.status):
		return rulesOf(e.request.path).byDefault, true
	case e.modified != absent && e.request.user == "" && (guessable(e.status) || c != nil && c.public):
		return min(seconds(date-e.modified)/10, 24*time.Hour), false
	}
	return 0, false
}

// ruled reports whether the conf sets the freshness of e.
func (e *entry) ruled() bool {
	return rulesOf(e.request.path).ttl > 0 && ruleStatus(e.status)
}

// ruleStatus reports whether a rule's ttl and default_ttl are for that status.
func ruleStatus(status int) bool { return status == 200 || status == 206 || status == 301 }

func (e *entry) explicit() bool {
	c := e.control
	return e.expires != absent || c != nil && (c.maxAge != absent || c.sMaxAge != absent)
}

// guessable is RFC 9110 section 15.1.
func guessable(status int) bool {
	return slices.Contains([]int{200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501}, status)
}

// constraints reports whether the entry must not be used without validation,
// and whether it must not be used stale.
func (e *entry) constraints() (validates, neverStale bool) {
	c := e.control
	if c == nil {
		return e.silent(), e.failure()
	}
	return c.noCache || e.silent(), e.failure() || c.mustRevalidate || c.sMaxAge != absent && !e.ruled()
}

// failure reports whether the entry is of an error of the server's.
func (e *entry) failure() bool { return e.status >= 500 || e.status == 429 }

// silent reports whether nobody has said that an answer to a user may be used for
// others.
func (e *entry) silent() bool {
	c := e.control
	lasts, byRule := e.freshness()
	return e.request.user != "" && lasts <= 0 && !byRule &&
		(c == nil || !c.public && c.sMaxAge == absent && c.revalidate == absent && c.ifError == absent)
}

// windows are how long after it became stale the entry may be used (RFC 5861):
// what the origin says, or else the rule.
func (e *entry) windows() (revalidate, ifError time.Duration) {
	if validates, _ := e.constraints(); validates || e.failure() || e.control != nil && e.control.mustRevalidate {
		return 0, 0
	}
	rule := rulesOf(e.request.path)
	revalidate, ifError = rule.revalidate, rule.ifError
	if lasts, _ := e.freshness(); lasts <= 0 {
		revalidate = 0 // it never was fresh
	}
	if c := e.control; c != nil && c.revalidate != absent {
		revalidate = seconds(int64(c.revalidate))
	}
	if c := e.control; c != nil && c.ifError != absent {
		ifError = seconds(int64(c.ifError))
	}
	if e.status >= 400 {
		revalidate = 0
	}
	return revalidate, ifError
}

// storable is RFC 9111 sections 3 and 3.5, and the node's walls: Set-Cookie
// without a word to shared caches, and fields that no key knows where the
// freshness is guessed.
func (e *entry) storable() bool {
	c := e.control
	if c == nil {
		c = &control{maxAge: absent, sMaxAge: absent, revalidate: absent, ifError: absent}
	}
	switch {
	case rulesOf(e.request.path).off, e.request.method != "GET", e.status == 416, c.noStore, c.private:
		return false
	case strings.Contains(e.request.control, "no-store"):
		return false
	case e.request.user != "" && e.request.bearer && !c.public && c.sMaxAge == absent && !c.mustRevalidate:
		return false
	case e.cookie && c.sMaxAge == absent:
		return false
	case e.request.user != "" && !e.request.bearer && e.unspoken():
		return false
	case e.request.ranges != "" && e.status >= 400 && e.status != 404 && e.status != 410:
		return false // the range may be why
	case e.varies("*"), e.request.tier != "" && !e.varies("x-tier") && !e.explicit() && !e.ruled() && !c.noCache:
		return false
	case !e.explicit() && !guessable(e.status) && !c.public:
		return false
	}
	return e.useful()
}

// unspoken reports whether nobody has said a word about using e for anybody else.
func (e *entry) unspoken() bool { return e.control == nil && e.expires == absent && !e.ruled() }

// useful reports whether the entry can ever be used: as it is, or after
// validation. An error of the server must be fresh: the request may have provoked it.
func (e *entry) useful() bool {
	_, ends := e.lifetime()
	validates, _ := e.constraints()
	if e.failure() {
		return !validates && ends > e.answered
	}
	revalidate, ifError := e.windows()
	return e.tag != "" || e.modified != absent || !validates && ends+max(revalidate, ifError) > e.answered
}

// matches is RFC 9111 section 4.1, and keeps users from what may not be for them.
// Where languages alone select, a response
// that is in the language which q likes best will do.
func (e *entry) matches(q *request) bool {
	if e.request.url() != q.url() || e.varies("*") || q.user != "" && e.unspoken() {
		return false
	}
	return e.fits(q) || len(e.vary) == 1 && e.varies("accept-language") && e.language != "" && e.language == q.favourite()
}

// fits reports whether the fields that e varies by mean the same in q as in the
// request that it answered.
func (e *entry) fits(q *request) bool {
	for _, field := range e.vary {
		if e.request.canon(field) != q.canon(field) {
			return false
		}
	}
	return true
}

// failure is how the origin failed, if it was asked.
type failure int

const (
	sane        failure = iota
	answered            // with an error
	unreachable         // it gave no whole answer
)

// usable says what may be done with e for q at now, on its own.
func (e *entry) usable(q *request, now time.Duration, f failure) use {
	failed := f != sane
	validates, neverStale := e.constraints()
	if e.gone || !e.storable() || !e.matches(q) || validates || q.method != "GET" && q.method != "HEAD" {
		return never
	}
	born, ends := e.lifetime()
	revalidate, ifError := e.windows()
	forced := e.forced(q, now, born, ends)
	switch {
	case now < ends && (!forced || failed):
		return fresh
	case forced && !failed:
		return never
	case now < ends+revalidate, failed && now < ends+ifError:
		return stale
	case neverStale:
		return never
	case tolerates(q) && rulesOf(q.path).honour, f == unreachable && e.status < 500 && now < ends+time.Hour:
		return stale
	}
	return never
}

// forced reports whether the client has the entry validated, where the rules
// let it.
func (e *entry) forced(q *request, now, born, ends time.Duration) bool {
	if !rulesOf(q.path).honour || e.control != nil && e.control.immutable && now < ends {
		return false
	}
	name, value, _ := strings.Cut(q.control, "=")
	n, _ := strconv.ParseInt(value, 10, 64)
	switch name {
	case "no-cache":
		return true
	case "max-age":
		return now-born > seconds(n)
	case "min-fresh":
		return ends-now < seconds(n)
	}
	return false
}

func tolerates(q *request) bool { return q.control == "max-stale" }

// of returns the entries that the answer with this id may have left.
func (c *cache) of(id int) (found []*entry) {
	for _, e := range c.entries {
		if e.id == id {
			found = append(found, e)
		}
	}
	return found
}

// matching returns the entries that q selects, the newest last.
func (c *cache) matching(q *request) (found []*entry) {
	for _, e := range c.entries {
		if !e.gone && e.storable() && e.matches(q) {
			found = append(found, e)
		}
	}
	return found
}

// superseded reports whether a newer response must be used in place of e (RFC
// 9111 section 4). One that only is in the right language need not be.
func (c *cache) superseded(e *entry, q *request) bool {
	born, _ := e.lifetime()
	for _, other := range c.matching(q) {
		otherBorn, _ := other.lifetime()
		if other.sure && other.fits(q) && other.answered > e.answered && other.date > e.date && otherBorn > born {
			return true
		}
	}
	return false
}

// must returns the entry that has to answer q without the origin, or nil.
func (c *cache) must(q *request, now time.Duration) *entry {
	found := c.matching(q)
	if len(found) == 0 {
		return nil
	}
	e := found[len(found)-1]
	born, _ := e.lifetime()
	for _, other := range found[:len(found)-1] {
		if b, _ := other.lifetime(); b >= born {
			return nil // the node may take the other for the newest
		}
	}
	if !e.sure || e.part || !e.fits(q) || e.usable(q, now, sane) != fresh {
		return nil
	}
	return e
}

// add stores e and replaces the entry for the same requests. One answer of the origin
// often turns several entries into the same entry; add stores it once, as otherwise each
// 304 would double the entries.
func (c *cache) add(e *entry) {
	if slices.ContainsFunc(c.of(e.id), func(old *entry) bool { return reflect.DeepEqual(old, e) }) {
		return
	}
	for _, old := range c.entries {
		if e.sure && old.request.url() == e.request.url() && slices.Equal(old.vary, e.vary) && old.fits(&e.request) {
			old.gone = true
		}
	}
	c.entries = append(c.entries, e)
}

// invalidate makes everything under a URL unusable (RFC 9111 section 4.4).
func (c *cache) invalidate(url string) {
	for _, e := range c.entries {
		if e.request.url() == url {
			e.gone = true
		}
	}
}

// doubt says that the cache may have forgotten what q selects.
func (c *cache) doubt(selected func(*entry) bool) {
	for _, e := range c.entries {
		if selected(e) {
			e.sure = false
		}
	}
}

func seconds(n int64) time.Duration { return time.Duration(n) * time.Second }
func unix(t time.Duration) int64    { return int64(t / time.Second) }
