package semantics

import (
	"fmt"
	"testing"

	"brink/purge"
	"brink/store"
)

// lifeOf is a lifetime that began age seconds ago, with the seconds from now
// until its ends.
func lifeOf(age, fresh, stale, onError int64, flags store.LifetimeFlags) *store.Lifetime {
	at := func(n int64) store.Instant { return testNow + store.Instant(n)*store.Second }
	return &store.Lifetime{Born: at(-age), Fresh: at(fresh), Stale: at(stale), IfError: at(onError), Flags: flags}
}

func TestJudge(t *testing.T) {
	deaf, ears := new(Rules), &Rules{HonourClient: true}
	fresh := lifeOf(10, 50, 50, 50, 0)
	stale := lifeOf(60, -10, -10, -10, 0)
	grace := lifeOf(60, -10, 20, 20, 0)
	for _, c := range []struct {
		name    string
		l       *store.Lifetime
		ask     string // Cache-Control of the request
		rules   *Rules
		covered purge.Verdict
		want    string
	}{
		// RFC 9111 section 4.2.
		{"fresh", fresh, "", deaf, 0, "fresh none 50"},
		{"to the last moment", lifeOf(60, 1, 1, 1, 0), "", deaf, 0, "fresh none 1"},
		{"and no longer", lifeOf(60, 0, 0, 0, 0), "", deaf, 0, "validate expired 0"},
		{"stale", stale, "", deaf, 0, "validate expired -10"},
		// RFC 5861 section 3.
		{"grace", grace, "", deaf, 0, "stale refresh -10"},
		{"grace is over", lifeOf(60, -10, 0, 20, 0), "", deaf, 0, "validate expired -10"},
		// RFC 9111 sections 4.2.4 and 5.2.2.4.
		{"never stale", lifeOf(60, -10, -10, -10, store.NeverStale), "", deaf, 0, "validate expired -10"},
		{"not beyond its window", lifeOf(60, -10, 20, 20, store.NeverStale), "", deaf, 0, "stale refresh -10"},
		{"never stale is fresh", lifeOf(10, 50, 50, 50, store.NeverStale), "", deaf, 0, "fresh none 50"},
		{"always validate", lifeOf(10, 50, 50, 50, store.AlwaysValidate), "", deaf, 0, "validate no-cache 50"},

		// Purges: a hard one leaves nothing, a soft one what is stale.
		{"hard", fresh, "", deaf, purge.Hard, "gone purged -1"},
		{"hard, grace", grace, "", deaf, purge.Hard, "gone purged -10"},
		{"hard, always validate", lifeOf(10, 50, 50, 50, store.AlwaysValidate), "", deaf, purge.Hard, "gone purged -1"},
		{"soft", fresh, "", deaf, purge.Soft, "validate purged -1"},
		{"soft, grace to come", lifeOf(10, 50, 80, 50, 0), "", deaf, purge.Soft, "stale refresh -1"},
		{"doubtful", fresh, "", deaf, purge.Doubtful, "validate purged -1"},
		{"doubtful, in grace", grace, "", deaf, purge.Doubtful, "validate purged -10"},
		{"soft, in grace", grace, "", deaf, purge.Soft, "stale refresh -10"},
		{"soft, never stale", lifeOf(10, 50, 50, 50, store.NeverStale), "", deaf, purge.Soft, "validate purged -1"},
		{"soft, immutable", lifeOf(10, 50, 50, 50, store.Immutable), "no-cache", ears, purge.Soft, "validate request -1"},

		// Section 5.2.1: the client is heard only where the rules say so.
		{"ccreq-no-cache, deaf", fresh, "no-cache", deaf, 0, "fresh none 50"},
		{"ccreq-ma0, deaf", fresh, "max-age=0", deaf, 0, "fresh none 50"},
		{"ccreq-min-fresh, deaf", fresh, "min-fresh=100", deaf, 0, "fresh none 50"},
		{"ccreq-max-stale, deaf", stale, "max-stale=1000", deaf, 0, "validate expired -10"},
		{"ccreq-no-store", fresh, "no-store", ears, 0, "fresh none 50"},
		{"ccreq-no-cache", fresh, "no-cache", ears, 0, "validate request 50"},
		{"ccreq-ma0", fresh, "max-age=0", ears, 0, "validate request 50"},
		{"ccreq-ma1", fresh, "max-age=9", ears, 0, "validate request 50"},
		{"ccreq-magreaterage", fresh, "max-age=10", ears, 0, "fresh none 50"},
		{"max-age=x", fresh, "max-age=x", ears, 0, "validate request 50"},
		{"ccreq-min-fresh", fresh, "min-fresh=51", ears, 0, "validate request 50"},
		{"min-fresh holds", fresh, "min-fresh=50", ears, 0, "fresh none 50"},
		{"ccreq-max-stale", stale, "max-stale=10", ears, 0, "stale refresh -10"},
		{"too stale", stale, "max-stale=9", ears, 0, "validate expired -10"},
		{"any staleness", stale, "max-stale", ears, 0, "stale refresh -10"},
		{"max-stale=x", stale, "max-stale=x", ears, 0, "validate expired -10"},
		{"max-stale, never stale", lifeOf(60, -10, -10, -10, store.NeverStale), "max-stale", ears, 0, "validate expired -10"},
		{"max-stale, always validate", lifeOf(60, -10, -10, -10, store.AlwaysValidate), "max-stale", ears, 0, "validate no-cache -10"},
		{"no-cache in grace", grace, "no-cache", ears, 0, "validate request -10"},
		{"only-if-cached is not about use", fresh, "only-if-cached", ears, 0, "fresh none 50"},

		// RFC 8246: only while fresh.
		{"immutable", lifeOf(10, 50, 50, 50, store.Immutable), "no-cache, max-age=0", ears, 0, "fresh none 50"},
		{"immutable but stale", lifeOf(60, -10, 20, 20, store.Immutable), "no-cache", ears, 0, "validate request -10"},
	} {
		f := fieldsAt("Cache-Control: " + c.ask)
		d := RequestDirectives(f)
		v := Judge(c.l, &d, c.rules, c.covered, testNow)
		if got := fmt.Sprintf("%s %s %d", useWords[v.Use], v.Reason, v.TTL); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestJudgeTTL(t *testing.T) {
	l := lifeOf(10, 1, 1, 1, 0)
	for _, c := range []struct {
		after store.Instant
		want  int64
	}{
		{0, 1}, {1, 0}, {store.Second - 1, 0}, {store.Second, 0}, {store.Second + 1, -1}, {2 * store.Second, -1}, {2*store.Second + 1, -2},
	} {
		if v := Judge(l, new(Directives), new(Rules), 0, testNow+c.after); v.TTL != c.want {
			t.Errorf("after %d ns: %d, want %d", c.after, v.TTL, c.want)
		}
	}
}

func TestUsableOnError(t *testing.T) {
	for _, c := range []struct {
		name    string
		l       *store.Lifetime
		ask     string
		covered purge.Verdict
		want    bool
	}{
		// RFC 5861 section 4.
		{"stale-close", lifeOf(60, -10, -10, -10, 0), "", 0, false},
		{"stale-sie-503", lifeOf(60, -10, -10, 20, 0), "", 0, true},
		{"over", lifeOf(60, -10, -10, 0, 0), "", 0, false},
		{"of the request", lifeOf(60, -10, -10, -10, 0), "stale-if-error=11", 0, true},
		{"of the request, over", lifeOf(60, -10, -10, -10, 0), "stale-if-error=10", 0, false},
		{"client asked for validation", lifeOf(10, 50, 50, 50, 0), "no-cache", 0, true},
		// RFC 9111 section 4.2.4: stale-close-must-revalidate and the like.
		{"never stale", lifeOf(60, -10, -10, -10, store.NeverStale), "stale-if-error=100", 0, false},
		{"not beyond its window", lifeOf(60, -10, -10, 20, store.NeverStale), "", 0, true},
		{"never stale is fresh", lifeOf(10, 50, 50, 50, store.NeverStale), "", 0, true},
		{"always validate", lifeOf(10, 50, 50, 50, store.AlwaysValidate), "stale-if-error=100", 0, false},
		// Purges.
		{"hard", lifeOf(10, 50, 50, 90, 0), "stale-if-error=100", purge.Hard, false},
		{"soft", lifeOf(10, 50, 50, 50, 0), "", purge.Soft, false},
		{"doubtful, with a window", lifeOf(10, 50, 50, 90, 0), "", purge.Doubtful, false},
		{"soft, with a window", lifeOf(10, 50, 50, 90, 0), "", purge.Soft, true},
	} {
		d := RequestDirectives(fieldsAt("Cache-Control: " + c.ask))
		if got := UsableOnError(c.l, 200, Answered, &d, new(Rules), c.covered, testNow); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestUseString(t *testing.T) {
	seen := map[string]bool{}
	for u := Fresh; u <= Gone; u++ {
		if s := u.String(); s == "" || seen[s] {
			t.Errorf("%d is called %q", u, s)
		}
		seen[u.String()] = true
	}
}

func TestIsError(t *testing.T) {
	for status := 100; status < 600; status++ {
		want := status == 500 || status == 502 || status == 503 || status == 504
		if got := IsError(status); got != want {
			t.Errorf("%d: %v, want %v", status, got, want)
		}
	}
}

// RFC 9111 section 4.2.4: a cache that is disconnected may serve stale, unless a
// directive forbids it.
func TestUsableIfUnreachable(t *testing.T) {
	hour := &Rules{IfUnreachable: 3600 * store.Second}
	for _, c := range []struct {
		name    string
		l       *store.Lifetime
		status  int
		failure Failure
		rules   *Rules
		covered purge.Verdict
		want    bool
	}{
		{"within the hour", lifeOf(60, -3599, -3599, -3599, 0), 200, Unreachable, hour, 0, true},
		{"after it", lifeOf(60, -3600, -3600, -3600, 0), 200, Unreachable, hour, 0, false},
		{"switched off", lifeOf(60, -1, -1, -1, 0), 200, Unreachable, new(Rules), 0, false},
		{"an answer", lifeOf(60, -1, -1, -1, 0), 200, Answered, hour, 0, false},
		{"never stale", lifeOf(60, -1, -1, -1, store.NeverStale), 200, Unreachable, hour, 0, false},
		{"always validate", lifeOf(60, -1, -1, -1, store.AlwaysValidate), 200, Unreachable, hour, 0, false},
		{"an error", lifeOf(60, -1, -1, -1, 0), 503, Unreachable, hour, 0, false},
		{"not found", lifeOf(60, -1, -1, -1, 0), 404, Unreachable, hour, 0, true},
		{"soft purge", lifeOf(60, 10, 10, 10, 0), 200, Unreachable, hour, purge.Soft, true},
		{"purge", lifeOf(60, 10, 10, 10, 0), 200, Unreachable, hour, purge.Hard, false},
		{"doubt", lifeOf(60, 10, 10, 10, 0), 200, Unreachable, hour, purge.Doubtful, false},
	} {
		if got := UsableOnError(c.l, c.status, c.failure, new(Directives), c.rules, c.covered, testNow); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
