package message

import (
	"fmt"
	"strconv"
	"testing"

	"brink/edge/wire"
)

// pairs renders a reply as an HTTP/2 engine does: from the typed fields alone, with
// names in lower case (RFC 9113 section 8.2.1).
func pairs(x *Exchange) (out []string) {
	p := &x.Reply
	add := func(name, value []byte) { out = append(out, fmt.Sprintf("%s=%s", name, value)) }
	add([]byte(":status"), strconv.AppendInt(nil, int64(x.StatusCode()), 10))
	for name, value := range p.Head.Pairs() {
		add(name, value)
	}
	if p.HasAge {
		add(wire.Age.LowerBytes(), strconv.AppendInt(nil, p.Age, 10))
	}
	for _, cookie := range p.Cookies {
		add(wire.SetCookie.LowerBytes(), cookie)
	}
	if p.Node != "" {
		add(wire.CacheStatus.LowerBytes(), p.AppendCacheStatus(nil))
	}
	if p.Problem != "" {
		add(wire.ProxyStatus.LowerBytes(), p.AppendProxyStatus(nil))
	}
	if p.Length >= 0 && p.Tunnel == nil {
		add(wire.ContentLength.LowerBytes(), strconv.AppendInt(nil, p.Length, 10))
	}
	return out
}

type noTunnel struct{}

func (noTunnel) Read([]byte) (int, error)  { return 0, nil }
func (noTunnel) Write([]byte) (int, error) { return 0, nil }
func (noTunnel) Close() error              { return nil }

// A reply holds nothing that only HTTP/1 can send.
func TestReplyInPairs(t *testing.T) {
	var head wire.Head
	head.Begin(200)
	head.AddString("ETag", `"A"`)
	head.AddString("X-Powered-By", "PHP")
	hit := CacheStatus{Outcome: Hit, TTL: 3, HasTTL: true}
	for _, c := range []struct {
		protocol Protocol
		reply    Reply
		want     string
	}{
		{HTTP2, Reply{Head: &head, Length: 5, Age: 7, HasAge: true, Cookies: [][]byte{[]byte("a=b")}, Node: "edge-1", Status: hit},
			`[:status=200 etag="A" x-powered-by=PHP age=7 set-cookie=a=b cache-status=edge-1; hit; ttl=3 content-length=5]`},
		{HTTP2, Reply{Head: &head, Length: -1, Node: "n", Problem: "dns_error"},
			`[:status=200 etag="A" x-powered-by=PHP cache-status=n proxy-status=n; error=dns_error]`},
		// RFC 8441 section 5: an extended CONNECT is answered with 200.
		{HTTP2, Reply{Head: &head, Length: -1, Tunnel: noTunnel{}}, `[:status=200 etag="A" x-powered-by=PHP]`},
		{HTTP11, Reply{Head: &head, Length: -1, Tunnel: noTunnel{}}, `[:status=101 etag="A" x-powered-by=PHP]`},
	} {
		x := Exchange{Request: Request{Protocol: c.protocol}, Reply: c.reply}
		if got := fmt.Sprint(pairs(&x)); got != c.want {
			t.Errorf("got %s\nwant %s", got, c.want)
		}
	}
	if n := (&Exchange{}).StatusCode(); n != 0 {
		t.Errorf("status %d without a reply", n)
	}
}
