package message

import (
	"testing"

	"github.com/dunglas/httpsfv"
)

func TestAppendCacheStatus(t *testing.T) {
	for _, c := range []struct {
		status CacheStatus
		want   string
	}{
		// RFC 9211 section 2: a hit is not forwarded.
		{CacheStatus{Outcome: Hit, TTL: 30, HasTTL: true}, "hit; ttl=30"},
		{CacheStatus{Outcome: Hit}, "hit"},
		{CacheStatus{Outcome: Hit, Stored: true, Collapsed: true, FwdStatus: 200}, "hit"},
		{CacheStatus{Outcome: Stale, Reason: ReasonRefresh, TTL: -5, HasTTL: true}, "hit; ttl=-5; detail=refresh"},
		// Section 2.2: the words of fwd.
		{CacheStatus{Outcome: Miss, Reason: ReasonURIMiss, FwdStatus: 200, Stored: true, TTL: 60, HasTTL: true}, "fwd=uri-miss; fwd-status=200; ttl=60; stored"},
		{CacheStatus{Outcome: Miss, Reason: ReasonVaryMiss, FwdStatus: 200, Stored: true}, "fwd=vary-miss; fwd-status=200; stored"},
		{CacheStatus{Outcome: Miss, Reason: ReasonURIMiss, FwdStatus: 200, Store: ReasonNoStore}, "fwd=uri-miss; fwd-status=200; detail=no-store"},
		{CacheStatus{Outcome: Miss, Reason: ReasonURIMiss, Stored: true, Collapsed: true}, "fwd=uri-miss; stored; collapsed"},
		{CacheStatus{Outcome: Miss, Reason: ReasonExpired, FwdStatus: 200}, "fwd=stale; fwd-status=200"},
		{CacheStatus{Outcome: Miss, Reason: ReasonNoCache, FwdStatus: 200}, "fwd=stale; fwd-status=200; detail=no-cache"},
		{CacheStatus{Outcome: Miss, Reason: ReasonPurged, FwdStatus: 200}, "fwd=miss; fwd-status=200; detail=purged"},
		{CacheStatus{Outcome: Miss, Reason: ReasonPartial, FwdStatus: 206}, "fwd=partial; fwd-status=206"},
		{CacheStatus{Outcome: Revalidated, Reason: ReasonExpired, FwdStatus: 304, Stored: true}, "fwd=stale; fwd-status=304; stored"},
		{CacheStatus{Outcome: Revalidated, Reason: ReasonRequest, FwdStatus: 304}, "fwd=request; fwd-status=304"},
		{CacheStatus{Outcome: Stale, Fetched: true, Reason: ReasonOriginError, FwdStatus: 503, TTL: -9, HasTTL: true}, "fwd=stale; fwd-status=503; ttl=-9; detail=origin-error"},
		{CacheStatus{Outcome: Pass, Reason: ReasonMethod, FwdStatus: 201}, "fwd=method; fwd-status=201"},
		{CacheStatus{Outcome: Pass, Reason: ReasonCacheOff, FwdStatus: 200}, "fwd=bypass; fwd-status=200"},
		{CacheStatus{Outcome: Pass, Reason: ReasonUncacheable, FwdStatus: 200}, "fwd=bypass; fwd-status=200; detail=hit-for-miss"},
		{CacheStatus{Outcome: Pass, Reason: ReasonUpgrade}, "fwd=bypass; detail=upgrade"},
		{CacheStatus{Outcome: Failed, Reason: ReasonOriginTimeout}, "fwd=miss; detail=origin-timeout"},
		// The detail follows the reason.
		{CacheStatus{Outcome: Miss, Reason: ReasonURIMiss, FwdStatus: 200, Store: ReasonTooLarge, Detail: "20/10"}, "fwd=uri-miss; fwd-status=200; detail=too-large:20/10"},
		{CacheStatus{Outcome: Miss, Reason: ReasonURIMiss, Store: ReasonUnkeyedField, Detail: `a "b"`}, `fwd=uri-miss; detail="unkeyed-field:a \"b\""`},
		{CacheStatus{Outcome: Pass, Reason: ReasonUpgrade, Detail: "x"}, "fwd=bypass; detail=upgrade:x"},
		{CacheStatus{Outcome: Stale, Reason: ReasonRefresh, Store: ReasonTooLarge, Detail: "20/10"}, "hit; detail=refresh"},
		{CacheStatus{Outcome: Miss, Reason: ReasonURIMiss, Stored: true, Detail: "x"}, "fwd=uri-miss; stored"},
		// The node's own answers are neither.
		{CacheStatus{Outcome: Refused, Reason: ReasonOnlyIfCached}, "detail=only-if-cached"},
		{CacheStatus{Outcome: Purged, Reason: ReasonPurge}, "detail=purge"},
	} {
		got := string(appendCacheStatus([]byte("x"), "edge-1", &c.status))
		if want := "xedge-1; " + c.want; got != want {
			t.Errorf("%+v:\n got %q\nwant %q", c.status, got, want)
		}
	}
}

// TestCacheStatusIsStructured: whatever is put together, it can be read as the
// list of items that RFC 9211 says it is, and hit and fwd exclude each other.
func TestCacheStatusIsStructured(t *testing.T) {
	for _, node := range []string{"edge-1", "*", "1edge", `a "b" \c`, "", "é", "a:b/c"} {
		for outcome := range OutcomeCount {
			for reason := range ReasonCount {
				for bits := range 16 {
					s := CacheStatus{Outcome: outcome, Reason: reason, Store: Reason(bits & 1), Fetched: bits&2 != 0,
						Detail: []string{"", "20/10", `a "b" \`, "é"}[bits&3],
						Stored: bits&4 != 0, Collapsed: bits&4 != 0, FwdStatus: 200 * (bits & 1), TTL: -1, HasTTL: bits&8 != 0}
					line := string(appendCacheStatus(nil, node, &s))
					list, err := httpsfv.UnmarshalList([]string{line})
					if err != nil || len(list) != 1 {
						t.Fatalf("%s: %v", line, err)
					}
					params := list[0].(httpsfv.Item).Params
					_, hit := params.Get("hit")
					_, fwd := params.Get("fwd")
					_, stored := params.Get("stored")
					_, status := params.Get("fwd-status")
					if hit && fwd || !fwd && (stored || status) {
						t.Fatalf("%s: hit with what belongs to fwd", line)
					}
				}
			}
		}
	}
}

func TestAppendProxyStatus(t *testing.T) {
	for _, c := range []struct {
		node, token string
		status      int
		want        string
	}{
		// RFC 9209 section 2.
		{"edge-1", "connection_timeout", 0, "edge-1; error=connection_timeout"},
		{"edge-1", "http_protocol_error", 502, "edge-1; error=http_protocol_error; received-status=502"},
		{"1 b", "dns_error", 0, "\"1 b\"; error=dns_error"},
	} {
		if got := string(appendProxyStatus(nil, c.node, c.token, c.status)); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestCacheStatusNoAllocs(t *testing.T) {
	dst := make([]byte, 0, 256)
	s := CacheStatus{Outcome: Hit, TTL: 12345, HasTTL: true}
	if n := testing.AllocsPerRun(100, func() { appendCacheStatus(dst, "edge-1", &s) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkCacheStatusHit(b *testing.B) {
	dst := make([]byte, 0, 256)
	s := CacheStatus{Outcome: Hit, TTL: 12345, HasTTL: true}
	for range b.N {
		appendCacheStatus(dst, "edge-1", &s)
	}
}
