package admin

import (
	"crypto/sha256"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"brink/conf"
	"brink/purge"
)

// token is a token of the admin block. It is immutable but for limiter and repeats, which many
// goroutines may use.
type token struct {
	name    string            // in the conf, or the constant everything
	hash    [sha256.Size]byte // of its text
	scope   *scope            // nil: it may do everything
	limiter *rate.Limiter     // nil: no limit
	repeats *repeats
}

// everything is the name of the token that may do everything. No token of a conf has it.
const everything = "*"

// scope says what a token may do, and what it may purge.
type scope struct {
	may      []string // "purge", "read"
	sites    []string // nil: of all sites
	kinds    []string // "all", and words of lists; nil: all kinds
	softOnly bool
}

func newToken(c *conf.Token) *token {
	t := &token{
		name:  c.Name,
		hash:  sha256.Sum256([]byte(c.Text)),
		scope: &scope{may: c.May, sites: c.Sites, kinds: c.Purges, softOnly: c.SoftOnly},

		repeats: new(repeats),
	}
	if c.Rate > 0 {
		t.limiter = rate.NewLimiter(rate.Limit(c.Rate), c.Burst)
	}
	return t
}

// inherit takes over the state of old, the token of the same name before a reload: the
// remembered keys, and how much of the rate is used.
func (t *token) inherit(old *token) {
	t.repeats = old.repeats
	if t.limiter != nil && old.limiter != nil {
		now := time.Now()
		old.limiter.SetLimitAt(now, t.limiter.Limit())
		old.limiter.SetBurstAt(now, t.limiter.Burst())
		t.limiter = old.limiter
	}
}

// may reports whether the token may use a route. r is nil if there is no such route.
func (t *token) may(r *route) bool {
	switch {
	case t.scope == nil:
		return true
	case r == nil:
		return false
	case r.who == forReads:
		return slices.Contains(t.scope.may, "read")
	case r.who == forPurges:
		return slices.Contains(t.scope.may, "purge")
	}
	return false
}

// sites returns the sites that the token may purge. A purge of tags or "all" is limited to
// them. nil means all sites.
func (t *token) sites() []string {
	if t.scope == nil {
		return nil
	}
	return t.scope.sites
}

func outOfScope(message string) *failure {
	return fail(http.StatusForbidden, "out_of_scope", clip(message), "use a token that may, or change its block in the conf")
}

// permits refuses an order that the token may not give, whichever items it names.
func (t *token) permits(o *order) *failure {
	if t.scope == nil {
		return nil
	}
	if t.scope.softOnly && !o.soft {
		return outOfScope(`the token may only purge softly: "soft":true is not there`)
	}
	for _, l := range lists {
		if len(o.purged(l.kind)) == 0 {
			continue
		}
		if f := t.permitsKind(l.word, l.name); f != nil {
			return f
		}
	}
	if o.all {
		if f := t.permitsKind("all", "all"); f != nil {
			return f
		}
	}
	for i, site := range o.names[purge.Site] {
		if t.scope.sites != nil && !slices.Contains(t.scope.sites, site) {
			return outOfScope(position{"sites", i}.String() + ": the token is not for site " + quote(site))
		}
	}
	return nil
}

func (t *token) permitsKind(word, member string) *failure {
	if t.scope == nil || t.scope.kinds == nil || slices.Contains(t.scope.kinds, word) {
		return nil
	}
	return outOfScope(member + ": the token may not purge this way, only by " + strings.Join(t.scope.kinds, ", "))
}

// permitsItem refuses an item that is not of one of the token's sites.
func (t *token) permitsItem(p *orderItem, site string) *failure {
	if t.sites() == nil || slices.Contains(t.scope.sites, site) {
		return nil
	}
	return outOfScope(p.position.String() + ": " + quote(p.Name) + " is of no site of the token's, " + strings.Join(t.scope.sites, ", "))
}

// checkRate refuses a call early if the token's rate leaves no room for one item.
func (t *token) checkRate(now time.Time) *failure {
	if t.limiter == nil {
		return nil
	}
	if left := t.limiter.TokensAt(now); left < 1 {
		return limited((1 - left) / float64(t.limiter.Limit()))
	}
	return nil
}

// spend takes n items off the token's rate. It refuses the call, and takes none, if fewer are
// left.
func (t *token) spend(now time.Time, n int) *failure {
	if t.limiter == nil {
		return nil
	}
	r := t.limiter.ReserveN(now, n)
	if !r.OK() {
		return tooMany(t.limiter.Burst())
	}
	if wait := r.DelayFrom(now); wait > 0 {
		r.CancelAt(now)
		return limited(wait.Seconds())
	}
	return nil
}

// spendOne makes a refused call cost as much as one item, if one is left.
func (t *token) spendOne(now time.Time) {
	if t.limiter != nil {
		t.limiter.AllowN(now, 1)
	}
}

func limited(seconds float64) *failure {
	f := fail(http.StatusTooManyRequests, "rate_limited", "the token purges more items than its rate allows",
		"wait as long as Retry-After says, or purge a tag or a prefix instead of many URLs")
	f.retryAfter = strconv.FormatFloat(max(1, math.Ceil(seconds)), 'f', 0, 64)
	return f
}
