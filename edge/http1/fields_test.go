package http1

import (
	"testing"

	"brink/edge/message"
)

func TestAppendReplyFields(t *testing.T) {
	hit := message.CacheStatus{Outcome: message.Hit, TTL: 30, HasTTL: true}
	failed := message.CacheStatus{Outcome: message.Failed, Reason: message.ReasonOriginTimeout, FwdStatus: 502}
	for _, c := range []struct {
		reply message.Reply
		want  string
	}{
		{message.Reply{}, ""},
		{message.Reply{HasAge: true}, "Age: 0\r\n"},
		{message.Reply{Age: 7}, ""},
		{message.Reply{Cookies: [][]byte{[]byte("a=b"), []byte("c=d")}}, "Set-Cookie: a=b\r\nSet-Cookie: c=d\r\n"},
		// RFC 9211 section 2, RFC 9209 section 2.
		{message.Reply{Node: "edge-1", Status: hit}, "Cache-Status: edge-1; hit; ttl=30\r\n"},
		{message.Reply{Problem: "dns_error"}, ""},
		{message.Reply{Age: 7, HasAge: true, Cookies: [][]byte{[]byte("a=b")}, Node: "1 b", Status: failed, Problem: "connection_timeout"},
			"Age: 7\r\nSet-Cookie: a=b\r\nCache-Status: \"1 b\"; fwd=miss; fwd-status=502; detail=origin-timeout\r\n" +
				"Proxy-Status: \"1 b\"; error=connection_timeout; received-status=502\r\n"},
	} {
		if got := string(appendReplyFields([]byte("x"), &c.reply)); got != "x"+c.want {
			t.Errorf("got %q\nwant %q", got, c.want)
		}
	}
}

func TestAppendReplyFieldsNoAllocs(t *testing.T) {
	b := make([]byte, 0, 512)
	p := message.Reply{Age: 7, HasAge: true, Cookies: [][]byte{[]byte("a=b")}, Node: "edge-1", Problem: "dns_error"}
	if n := testing.AllocsPerRun(100, func() { appendReplyFields(b, &p) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
