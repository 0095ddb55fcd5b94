package edge

import (
	"fmt"
	"strings"
	"testing"

	"brink/edge/message"
	"brink/purge"
)

// purgingRig is a node whose sites a and b take purges from the address of the
// rig's clients, and whose site c does not.
func purgingRig(t *testing.T) *rig {
	o := newFakeOrigin(t, numbered("Cache-Control: max-age=60, stale-while-revalidate=60", "Surrogate-Key: tag other"))
	const site = "site %[1]q {\n  hosts  = [\"%[1]s.test\"]\n  origin = \"app\"\n  %[2]s\n}\n"
	return startRig(t, o, fmt.Sprintf("node { id = \"edge-1\" }\nlog { access = \"off\" }\norigin \"app\" {\n  server \"http://%s\" {}\n}\n", o.l.Addr())+
		fmt.Sprintf(site, "a", `purge { allow = ["10.0.0.0/8", "192.0.2.1"] }`)+
		fmt.Sprintf(site, "b", "purge {\n    allow = [\"192.0.2.0/24\"]\n    soft  = true\n  }")+
		fmt.Sprintf(site, "c", `purge { allow = ["192.0.2.2", "::1"] }`)+
		fmt.Sprintf(site, "d", ""))
}

// fillPurged has a.test/x, a.test/p/y and b.test/x stored.
func fillPurged(r *rig) {
	for _, u := range [][2]string{{"a.test", "/x"}, {"a.test", "/p/y"}, {"b.test", "/x"}} {
		r.get(u[1], "Host: "+u[0])
		r.quiet()
	}
}

func TestPurging(t *testing.T) {
	const gone, stale, kept = "fwd=uri-miss", "hit; ttl=-", "hit; ttl=60"
	for _, c := range []struct {
		name, method, target string
		fields               []string
		x, y, b              string // what becomes of a.test/x, a.test/p/y, b.test/x
	}{
		{"url", "PURGE", "/x", []string{"Host: a.test"}, gone, kept, kept},
		{"soft url", "PURGE", "/x", []string{"Host: a.test", "Fastly-Soft-Purge: 1"}, stale, kept, kept},
		{"url of a soft site", "PURGE", "/x", []string{"Host: b.test"}, kept, kept, stale},
		{"tag of a site", "PURGE", "/", []string{"Host: a.test", "xkey-purge: tag"}, gone, gone, kept},
		{"tag, soft", "PURGEKEYS", "/", []string{"Host: a.test", "xkey-softpurge: other"}, stale, stale, kept},
		{"another tag", "PURGE", "/x", []string{"Host: a.test", "xkey-purge: ta tags"}, kept, kept, kept},
		{"prefix", "BAN", "/", []string{"Host: a.test", "X-Ban-Prefix: /p"}, kept, gone, kept},
		{"ban of tags", "BAN", "/", []string{"Host: a.test", "Cache-Tags: none|tag"}, gone, gone, kept},
		{"site", "BAN", "/", []string{"Host: a.test"}, gone, gone, kept},
		{"site as plugins say it", "PURGE", "/.*", []string{"Host: a.test", "X-Purge-Method: regex"}, gone, gone, kept},
		{"below", "PURGE", "/p/*", []string{"Host: a.test:8080"}, kept, gone, kept},
		{"below, as plugins say it", "PURGE", "/p/.*", []string{"Host: a.test", "X-Purge-Method: regex"}, kept, gone, kept},
		{"start of a segment", "PURGE", "/p/y*", []string{"Host: a.test", "Fastly-Soft-Purge: 1"}, kept, stale, kept},
		{"start of a segment, by a ban", "BAN", "/p", []string{"Host: a.test"}, kept, gone, kept},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := purgingRig(t)
			fillPurged(r)
			g := r.do(c.method, c.target, c.fields...)
			g.want(t, 200, "detail=purge", fmt.Sprintf("{\"seq\":%d}\n", r.purges.Latest()))
			if g.quick || r.purges.Latest() == 0 || g.outcome.Outcome != message.Purged || g.outcome.Reason != message.ReasonPurge || g.field("Cache-Control") != "no-store" || g.field("Content-Type") != "application/json" {
				t.Errorf("%+v", g)
			}
			r.asked(3)
			for target, want := range map[[2]string]string{{"a.test", "/x"}: c.x, {"a.test", "/p/y"}: c.y, {"b.test", "/x"}: c.b} {
				if g := r.get(target[1], "Host: "+target[0]); !strings.Contains(g.cache, want) {
					t.Errorf("%v: %s, want %s", target, g.cache, want)
				}
			}
			r.quiet()
		})
	}
}

// A URL is purged as the request spells it, with the query it has.
func TestPurgingURL(t *testing.T) {
	r := purgingRig(t)
	r.get("/x?a=1", "Host: a.test")
	r.get("/x?a=2", "Host: a.test")
	r.quiet()
	r.do("PURGE", "/x?a=1", "Host: A.test:80").want(t, 200, "", "{\"seq\":1}\n")
	r.get("/x?a=1", "Host: a.test").want(t, 200, "fwd=uri-miss", "body 3")
	r.get("/x?a=2", "Host: a.test").want(t, 200, "hit", "body 2")
}

// What is not taken purges nothing and never reaches the origin.
func TestPurgingRefused(t *testing.T) {
	for _, c := range []struct {
		name, method, target string
		fields               []string
		status               int
		reason               message.Reason
	}{
		{"another address", "PURGE", "/x", []string{"Host: c.test"}, 405, message.ReasonMethodRefused},
		{"ban of another address", "BAN", "/", []string{"Host: c.test"}, 405, message.ReasonMethodRefused},
		{"no block", "PURGE", "/x", []string{"Host: d.test"}, 405, message.ReasonMethodRefused},
		{"unknown host, get", "GET", "/x", []string{"Host: z.test"}, 421, message.ReasonUnknownHost},
		// The address is the connection's, whatever fields say.
		{"spoofed", "PURGE", "/x", []string{"Host: c.test", "X-Forwarded-For: ::1"}, 405, message.ReasonMethodRefused},
		{"forwarded", "PURGE", "/x", []string{"Host: a.test", "X-Forwarded-For: 192.0.2.1"}, 405, message.ReasonMethodRefused},
		{"forwarded by a standard proxy", "PURGE", "/x", []string{"Host: a.test", "Forwarded: for=192.0.2.1"}, 405, message.ReasonMethodRefused},
		{"via", "PURGE", "/x", []string{"Host: a.test", "Via: 1.1 x"}, 405, message.ReasonMethodRefused},
		{"real address", "BAN", "/", []string{"Host: a.test", "X-Real-IP: 192.0.2.1"}, 405, message.ReasonMethodRefused},

		{"unknown host, says so", "PURGE", "/.*", []string{"Host: z.test"}, 421, message.ReasonUnknownHost},
		{"pattern", "PURGE", "/p/.*/y", []string{"Host: a.test", "X-Purge-Method: regex"}, 501, message.ReasonPurgePattern},
		{"star in the middle", "PURGE", "/p/*.jpg", []string{"Host: a.test"}, 501, message.ReasonPurgePattern},
		{"star in the middle of a prefix", "BAN", "/", []string{"Host: a.test", "X-Ban-Prefix: /*/p/"}, 501, message.ReasonPurgePattern},
		{"nothing", "PURGEKEYS", "/", []string{"Host: a.test"}, 400, message.ReasonBadRequest},
		{"prefix with a query", "BAN", "/", []string{"Host: a.test", "X-Ban-Prefix: /a?b"}, 400, message.ReasonBadRequest},
		{"prefix that is none", "BAN", "/", []string{"Host: a.test", "X-Ban-Prefix: /a%zz"}, 400, message.ReasonBadRequest},
		{"deep prefix", "BAN", "/", []string{"Host: a.test", "X-Ban-Prefix: " + strings.Repeat("/a", purge.MaxDepth+1)}, 400, message.ReasonBadRequest},
		{"loop", "PURGE", "/x", []string{"Host: a.test", "CDN-Loop: edge-1"}, 508, message.ReasonLoop},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := purgingRig(t)
			fillPurged(r)
			g := r.do(c.method, c.target, c.fields...)
			if g.status != c.status || g.outcome.Outcome != message.Refused || g.outcome.Reason != c.reason || !strings.Contains(g.body, c.reason.String()) {
				t.Errorf("%d %s %s", g.status, g.cache, g.body)
			}
			if strings.Contains(c.name, "says so") != strings.Contains(g.body, "matches no site") {
				t.Errorf("%s", g.body)
			}
			if r.purges.Latest() != 0 {
				t.Errorf("purged up to %d", r.purges.Latest())
			}
			r.asked(3)
		})
	}
}

// A request that was forwarded by anybody but a trusted proxy is nobody's. The answer
// and Cache-Status say why a purge is refused.
func TestPurgingSaysWhyNot(t *testing.T) {
	for _, c := range []struct{ host, fields, detail, text string }{
		{"c.test", "", "192.0.2.1", "the address 192.0.2.1 may not purge"},
		{"d.test", "", "", "the site takes no purges"},
		{"a.test", "CDN-Loop: cf", "Cdn-Loop", "Cdn-Loop says that a proxy forwarded"},
		{"a.test", "cf-connecting-ip: 192.0.2.1", "Cf-Connecting-Ip", ""},
		{"a.test", "True-Client-IP: 192.0.2.1", "True-Client-Ip", ""},
		{"a.test", "X-Client-IP: 192.0.2.1", "X-Client-Ip", ""},
		{"a.test", "X-Cluster-Client-Ip: 192.0.2.1", "X-Cluster-Client-Ip", ""},
		{"a.test", "X-Real-IP: 192.0.2.1", "X-Real-Ip", ""},
		{"a.test", "X-Forwarded: for=192.0.2.1", "X-Forwarded", ""},
		{"a.test", "X-Forwarded-Host: a.test", "X-Forwarded-Host", ""},
		{"a.test", "X-Forwarded-Proto: https", "X-Forwarded-Proto", ""},
		{"a.test", "X-Forwarded-Port: 443", "X-Forwarded-Port", ""},
		{"a.test", "X_Forwarded_For: 192.0.2.1", "X_forwarded_for", ""},
		{"a.test", "X_Real-IP: 192.0.2.1", "X_real-Ip", ""},
		{"a.test", "Front-End-Https: on", "Front-End-Https", ""},
		{"a.test", "Via: 1.1 x", "Via", ""},
	} {
		r := purgingRig(t)
		fields := []string{"Host: " + c.host}
		if c.fields != "" {
			fields = append(fields, c.fields)
		}
		g := r.do("PURGE", "/x", fields...)
		if g.status != 405 || g.outcome.Reason != message.ReasonMethodRefused || g.outcome.Detail != c.detail ||
			!strings.Contains(g.cache, strings.TrimSuffix("detail=method-refused:"+c.detail, ":")) || !strings.Contains(g.body, c.text) || g.field("Allow") == "" {
			t.Errorf("%s %s: %d %+v %s %s", c.host, c.fields, g.status, g.outcome, g.cache, g.body)
		}
		if !strings.Contains(g.cache, c.detail) || r.purges.Latest() != 0 {
			t.Errorf("%s: %s", c.fields, g.cache)
		}
	}
	r := purgingRig(t)
	r.behind().do("PURGE", "/x", "X-Forwarded-For: unknown").want(t, 405, "detail=method-refused:unknown",
		`{"error":{"code":"method-refused","message":"a trusted proxy does not name the client's address","hint":"have the proxy write the address to X-Forwarded-For"}}`+"\n")
	// What a plugin's library may send by itself is no sign.
	r.do("PURGE", "/x", "User-Agent: WordPress", "Accept: */*", "Fastly-Soft-Purge: 1", "X-Purge-Method: exact", "X-Host: a.test", "Referer: http://a.test/", "Traceparent: 1").
		want(t, 200, "", "{\"seq\":1}\n")
}

// Where a site takes no purges, only PURGE is the cache's own method.
func TestPurgingElsewhere(t *testing.T) {
	r := purgingRig(t)
	r.do("BAN", "/x", "Host: d.test").want(t, 200, "fwd=method", "body 1")
}
