package semantics

import (
	"strings"
	"testing"

	"github.com/dunglas/httpsfv"

	"brink/edge/message"
)

func TestAppendCacheStatus(t *testing.T) {
	for _, c := range []struct {
		status message.CacheStatus
		want   string
	}{
		// RFC 9211 section 2: a hit is not forwarded.
		{message.CacheStatus{Outcome: message.Hit, TTL: 30, HasTTL: true}, "hit; ttl=30"},
		{message.CacheStatus{Outcome: message.Hit}, "hit"},
		{message.CacheStatus{Outcome: message.Hit, Stored: true, Collapsed: true, FwdStatus: 200}, "hit"},
		{message.CacheStatus{Outcome: message.Stale, Reason: message.ReasonRefresh, TTL: -5, HasTTL: true}, "hit; ttl=-5; detail=refresh"},
		// Section 2.2: the words of fwd.
		{message.CacheStatus{Outcome: message.Miss, Reason: message.ReasonURIMiss, FwdStatus: 200, Stored: true, TTL: 60, HasTTL: true}, "fwd=uri-miss; fwd-status=200; ttl=60; stored"},
		{message.CacheStatus{Outcome: message.Miss, Reason: message.ReasonVaryMiss, FwdStatus: 200, Stored: true}, "fwd=vary-miss; fwd-status=200; stored"},
		{message.CacheStatus{Outcome: message.Miss, Reason: message.ReasonURIMiss, FwdStatus: 200, Store: message.ReasonNoStore}, "fwd=uri-miss; fwd-status=200; detail=no-store"},
		{message.CacheStatus{Outcome: message.Miss, Reason: message.ReasonURIMiss, Stored: true, Collapsed: true}, "fwd=uri-miss; stored; collapsed"},
		{message.CacheStatus{Outcome: message.Miss, Reason: message.ReasonExpired, FwdStatus: 200}, "fwd=stale; fwd-status=200"},
		{message.CacheStatus{Outcome: message.Miss, Reason: message.ReasonNoCache, FwdStatus: 200}, "fwd=stale; fwd-status=200; detail=no-cache"},
		{message.CacheStatus{Outcome: message.Miss, Reason: message.ReasonPurged, FwdStatus: 200}, "fwd=miss; fwd-status=200; detail=purged"},
		{message.CacheStatus{Outcome: message.Miss, Reason: message.ReasonPartial, FwdStatus: 206}, "fwd=partial; fwd-status=206"},
		{message.CacheStatus{Outcome: message.Revalidated, Reason: message.ReasonExpired, FwdStatus: 304, Stored: true}, "fwd=stale; fwd-status=304; stored"},
		{message.CacheStatus{Outcome: message.Revalidated, Reason: message.ReasonRequest, FwdStatus: 304}, "fwd=request; fwd-status=304"},
		{message.CacheStatus{Outcome: message.Stale, Fetched: true, Reason: message.ReasonOriginError, FwdStatus: 503, TTL: -9, HasTTL: true}, "fwd=stale; fwd-status=503; ttl=-9; detail=origin-error"},
		{message.CacheStatus{Outcome: message.Pass, Reason: message.ReasonMethod, FwdStatus: 201}, "fwd=method; fwd-status=201"},
		{message.CacheStatus{Outcome: message.Pass, Reason: message.ReasonCacheOff, FwdStatus: 200}, "fwd=bypass; fwd-status=200"},
		{message.CacheStatus{Outcome: message.Pass, Reason: message.ReasonUncacheable, FwdStatus: 200}, "fwd=bypass; fwd-status=200; detail=hit-for-miss"},
		{message.CacheStatus{Outcome: message.Pass, Reason: message.ReasonUpgrade}, "fwd=bypass; detail=upgrade"},
		{message.CacheStatus{Outcome: message.Failed, Reason: message.ReasonOriginTimeout}, "fwd=miss; detail=origin-timeout"},
		// The detail follows the reason.
		{message.CacheStatus{Outcome: message.Miss, Reason: message.ReasonURIMiss, FwdStatus: 200, Store: message.ReasonTooLarge, Detail: "20/10"}, "fwd=uri-miss; fwd-status=200; detail=too-large:20/10"},
		{message.CacheStatus{Outcome: message.Miss, Reason: message.ReasonURIMiss, Store: message.ReasonUnkeyedField, Detail: `a "b"`}, `fwd=uri-miss; detail="unkeyed-field:a \"b\""`},
		{message.CacheStatus{Outcome: message.Pass, Reason: message.ReasonUpgrade, Detail: "x"}, "fwd=bypass; detail=upgrade:x"},
		{message.CacheStatus{Outcome: message.Stale, Reason: message.ReasonRefresh, Store: message.ReasonTooLarge, Detail: "20/10"}, "hit; detail=refresh"},
		{message.CacheStatus{Outcome: message.Miss, Reason: message.ReasonURIMiss, Stored: true, Detail: "x"}, "fwd=uri-miss; stored"},
		// The node's own answers are neither.
		{message.CacheStatus{Outcome: message.Refused, Reason: message.ReasonOnlyIfCached}, "detail=only-if-cached"},
		{message.CacheStatus{Outcome: message.Purged, Reason: message.ReasonPurge}, "detail=purge"},
	} {
		got := string(AppendCacheStatus([]byte("x"), "edge-1", &c.status))
		if want := "xCache-Status: edge-1; " + c.want + "\r\n"; got != want {
			t.Errorf("%+v:\n got %q\nwant %q", c.status, got, want)
		}
	}
}

// TestCacheStatusIsStructured: whatever is put together, it can be read as the
// list of items that RFC 9211 says it is, and hit and fwd exclude each other.
func TestCacheStatusIsStructured(t *testing.T) {
	for _, node := range []string{"edge-1", "*", "1edge", `a "b" \c`, "", "é", "a:b/c"} {
		for outcome := range message.OutcomeCount {
			for reason := range message.ReasonCount {
				for bits := range 16 {
					s := message.CacheStatus{Outcome: outcome, Reason: reason, Store: message.Reason(bits & 1), Fetched: bits&2 != 0,
						Detail: []string{"", "20/10", `a "b" \`, "é"}[bits&3],
						Stored: bits&4 != 0, Collapsed: bits&4 != 0, FwdStatus: 200 * (bits & 1), TTL: -1, HasTTL: bits&8 != 0}
					line := strings.TrimSuffix(string(AppendCacheStatus(nil, node, &s)), "\r\n")
					list, err := httpsfv.UnmarshalList([]string{strings.TrimPrefix(line, "Cache-Status: ")})
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
		{"edge-1", "connection_timeout", 0, "Proxy-Status: edge-1; error=connection_timeout\r\n"},
		{"edge-1", "http_protocol_error", 502, "Proxy-Status: edge-1; error=http_protocol_error; received-status=502\r\n"},
		{"1 b", "dns_error", 0, "Proxy-Status: \"1 b\"; error=dns_error\r\n"},
	} {
		if got := string(AppendProxyStatus(nil, c.node, c.token, c.status)); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestCacheStatusNoAllocs(t *testing.T) {
	dst := make([]byte, 0, 256)
	s := message.CacheStatus{Outcome: message.Hit, TTL: 12345, HasTTL: true}
	if n := testing.AllocsPerRun(100, func() { AppendCacheStatus(dst, "edge-1", &s) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkCacheStatusHit(b *testing.B) {
	dst := make([]byte, 0, 256)
	s := message.CacheStatus{Outcome: message.Hit, TTL: 12345, HasTTL: true}
	for range b.N {
		AppendCacheStatus(dst, "edge-1", &s)
	}
}
