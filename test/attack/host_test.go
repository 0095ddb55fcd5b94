package attack

import (
	"strings"
	"testing"
)

func TestHost(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	w.refusesAll(t, badHosts)
	for _, r := range strangers {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			answers, got := w.accepts(t, r.input, r.want)
			if len(got) != 0 {
				t.Errorf("the origin got %+v", got)
			}
			if strings.Contains(answers[0].body, "page of") {
				t.Errorf("the answer is %+v", answers[0])
			}
		})
	}
	for _, r := range absolute {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			_, got := w.accepts(t, r.input, 200)
			if len(got) != 1 || got[0].fields.get("Host") != r.host || got[0].target != input(r.target, marked(got[0].target)) {
				t.Fatalf("the origin got %+v", got)
			}
			if via := got[0].fields.get("X-Forwarded-Host"); via != r.host {
				t.Errorf("X-Forwarded-Host is %q", via)
			}
		})
	}
	w.replaysAlike(t)
}

// RFC 9112 section 3.2: one valid Host.
var badHosts = []refusal{
	{"A14/none", "GET /c/$ID HTTP/1.1\r\n\r\n", 400},
	{"A14/none in 1.0", "GET /c/$ID HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 400},
	{"A14/two", "GET /c/$ID HTTP/1.1\r\n$HHost: b.test\r\n\r\n", 400},
	{"A14/two alike", "GET /c/$ID HTTP/1.1\r\n$H$H\r\n", 400},
	{"A14/two in 1.0", "GET /c/$ID HTTP/1.0\r\n$HHost: b.test\r\n\r\n", 400},
	{"A14/list", "GET /c/$ID HTTP/1.1\r\nHost: a.test, b.test\r\n\r\n", 400},
	{"A14/empty", "GET /c/$ID HTTP/1.1\r\nHost:\r\n\r\n", 400},
	{"A14/blank", "GET /c/$ID HTTP/1.1\r\nHost:   \r\n\r\n", 400},
	{"A14/user", "GET /c/$ID HTTP/1.1\r\nHost: a.test@b.test\r\n\r\n", 400},
	{"A14/path", "GET /c/$ID HTTP/1.1\r\nHost: a.test/b\r\n\r\n", 400},
	{"A14/query", "GET /c/$ID HTTP/1.1\r\nHost: a.test?b\r\n\r\n", 400},
	{"A14/fragment", "GET /c/$ID HTTP/1.1\r\nHost: a.test#b\r\n\r\n", 400},
	{"A14/backslash", "GET /c/$ID HTTP/1.1\r\nHost: a.test\\b\r\n\r\n", 400},
	{"A14/space", "GET /c/$ID HTTP/1.1\r\nHost: a.test b\r\n\r\n", 400},
	{"A14/tab", "GET /c/$ID HTTP/1.1\r\nHost: a.test\tb\r\n\r\n", 400},
	{"A14/nul", "GET /c/$ID HTTP/1.1\r\nHost: a.test\x00b\r\n\r\n", 400},
	{"A14/nul at the end", "GET /c/$ID HTTP/1.1\r\nHost: a.test\x00\r\n\r\n", 400},
	{"A14/256 bytes", "GET /c/$ID HTTP/1.1\r\nHost: " + strings.Repeat("a", 251) + ".test\r\n\r\n", 400},
	{"A14/port too large", "GET /c/$ID HTTP/1.1\r\nHost: a.test:99999\r\n\r\n", 400},
	{"A14/no port", "GET /c/$ID HTTP/1.1\r\nHost: a.test:\r\n\r\n", 400},
	{"A14/port zero", "GET /c/$ID HTTP/1.1\r\nHost: a.test:0\r\n\r\n", 400},
	{"A14/port 080", "GET /c/$ID HTTP/1.1\r\nHost: a.test:080\r\n\r\n", 400},
	{"A14/port and more", "GET /c/$ID HTTP/1.1\r\nHost: a.test:80x\r\n\r\n", 400},
	{"A14/port sign", "GET /c/$ID HTTP/1.1\r\nHost: a.test:+80\r\n\r\n", 400},
	{"A14/two ports", "GET /c/$ID HTTP/1.1\r\nHost: a.test:80:80\r\n\r\n", 400},
	{"A14/port only", "GET /c/$ID HTTP/1.1\r\nHost: :80\r\n\r\n", 400},
	{"A14/URL", "GET /c/$ID HTTP/1.1\r\nHost: http://a.test\r\n\r\n", 400},
	{"A14/escape", "GET /c/$ID HTTP/1.1\r\nHost: %61.test\r\n\r\n", 400},
	{"A14/utf-8", "GET /c/$ID HTTP/1.1\r\nHost: \u00e4.test\r\n\r\n", 400},
	{"A14/dots", "GET /c/$ID HTTP/1.1\r\nHost: a..test\r\n\r\n", 400},
	{"A14/dot first", "GET /c/$ID HTTP/1.1\r\nHost: .a.test\r\n\r\n", 400},
	{"A14/two dots last", "GET /c/$ID HTTP/1.1\r\nHost: a.test..\r\n\r\n", 400},
	{"A14/folded", "GET /c/$ID HTTP/1.1\r\nHost:\r\n a.test\r\n\r\n", 400},
	{"A14/space before colon", "GET /c/$ID HTTP/1.1\r\nHost : a.test\r\n\r\n", 400},
	{"A14/comma first", "GET /c/$ID HTTP/1.1\r\nHost: ,a.test\r\n\r\n", 400},
	{"A14/quoted", "GET /c/$ID HTTP/1.1\r\nHost: \"a.test\"\r\n\r\n", 400},
	{"A14/brackets", "GET /c/$ID HTTP/1.1\r\nHost: [a.test]\r\n\r\n", 400},
	{"A14/open bracket", "GET /c/$ID HTTP/1.1\r\nHost: [::1\r\n\r\n", 400},
	{"A14/zone", "GET /c/$ID HTTP/1.1\r\nHost: [fe80::1%25lo]\r\n\r\n", 400},
	{"E09/hex address", "GET /c/$ID HTTP/1.1\r\nHost: 0x7f.1\r\n\r\n", 400},
	{"E09/octal address", "GET /c/$ID HTTP/1.1\r\nHost: 0177.0.0.1\r\n\r\n", 400},
	{"E09/short address", "GET /c/$ID HTTP/1.1\r\nHost: 127.1\r\n\r\n", 400},
	{"E09/number", "GET /c/$ID HTTP/1.1\r\nHost: 2130706433\r\n\r\n", 400},
	{"E09/user", "GET /c/$ID HTTP/1.1\r\nHost: a.test@169.254.169.254\r\n\r\n", 400},
	{"E09/user in absolute form", "GET http://a.test@169.254.169.254/c/$ID HTTP/1.1\r\n$H\r\n", 400},

	// RFC 9112 section 3.2.2: what a proxy must not make sense of.
	{"A15/ftp", "GET ftp://a.test/c/$ID HTTP/1.1\r\n$H\r\n", 400},
	{"A15/file", "GET file:///etc/passwd HTTP/1.1\r\n$H\r\n", 400},
	{"A15/gopher", "GET gopher://a.test/c/$ID HTTP/1.1\r\n$H\r\n", 400},
	{"A15/no slashes", "GET http:a.test/c/$ID HTTP/1.1\r\n$H\r\n", 400},
	{"A15/one slash", "GET http:/a.test/c/$ID HTTP/1.1\r\n$H\r\n", 400},
	{"A15/no authority", "GET http:///c/$ID HTTP/1.1\r\n$H\r\n", 400},
	{"A15/bad Host beside", "GET http://a.test/c/$ID HTTP/1.1\r\nHost: a b\r\n\r\n", 400},
	{"A15/no Host beside", "GET http://a.test/c/$ID HTTP/1.1\r\n\r\n", 400},
	{"A15/backslashes", "GET http:\\\\a.test\\c\\$ID HTTP/1.1\r\n$H\r\n", 400},
	{"A15/backslash in authority", "GET http://a.test\\@b.test/c/$ID HTTP/1.1\r\n$H\r\n", 400},
	{"A15/fragment in authority", "GET http://a.test#@b.test/c/$ID HTTP/1.1\r\n$H\r\n", 400},
	{"A15/authority form", "GET a.test:80 HTTP/1.1\r\n$H\r\n", 400},
	{"A15/bad port", "GET http://a.test:0x50/c/$ID HTTP/1.1\r\n$H\r\n", 400},
	{"A15/another scheme", "GET https://a.test/c/$ID HTTP/1.1\r\n$H\r\n", 421},
	{"A15/another scheme, no path", "GET https://a.test HTTP/1.1\r\n$H\r\n", 421},
}

// strangers are hosts that no site has: none of them leads anywhere.
var strangers = []refusal{
	{"E09/metadata service", "GET /c/$ID HTTP/1.1\r\nHost: 169.254.169.254\r\n\r\n", 421},
	{"E09/localhost", "GET /c/$ID HTTP/1.1\r\nHost: localhost\r\n\r\n", 421},
	{"E09/loopback", "GET /c/$ID HTTP/1.1\r\nHost: 127.0.0.1:9080\r\n\r\n", 421},
	{"E09/loopback 6", "GET /c/$ID HTTP/1.1\r\nHost: [::1]\r\n\r\n", 421},
	{"E09/mapped", "GET /c/$ID HTTP/1.1\r\nHost: [::ffff:127.0.0.1]\r\n\r\n", 421},
	{"E09/hex name", "GET /c/$ID HTTP/1.1\r\nHost: 0x7f000001\r\n\r\n", 421},
	{"E09/punycode", "GET /c/$ID HTTP/1.1\r\nHost: xn--a-0fa.test\r\n\r\n", 421},
	{"E09/below", "GET /c/$ID HTTP/1.1\r\nHost: x.a.test\r\n\r\n", 421},
	{"E09/above", "GET /c/$ID HTTP/1.1\r\nHost: test\r\n\r\n", 421},
	{"E09/longer", "GET /c/$ID HTTP/1.1\r\nHost: aa.test\r\n\r\n", 421},
	{"A15/other authority", "GET http://evil.test/c/$ID HTTP/1.1\r\n$H\r\n", 421},
	{"A15/other authority, no path", "GET http://evil.test HTTP/1.1\r\n$H\r\n", 421},
	{"A15/address", "GET http://127.0.0.1:9080/c/$ID HTTP/1.1\r\n$H\r\n", 421},
	{"A15/unknown Host beside nothing", "GET /c/$ID HTTP/1.1\r\nHost: evil.test\r\n\r\n", 421},
}

// absolute are targets in absolute-form, and others whose host or path could
// be misread: the origin must get the origin-form, and the target's own host.
var absolute = []struct{ name, input, host, target string }{
	{"A15/host replaced", "GET http://b.test/$ID HTTP/1.1\r\nHost: evil.test\r\n\r\n", "b.test", "/$ID"},
	{"A15/host of another site", "GET http://b.test/$ID HTTP/1.1\r\n$H\r\n", "b.test", "/$ID"},
	{"A15/no path", "GET http://b.test?$ID HTTP/1.1\r\n$H\r\n", "b.test", "/?$ID"},
	{"A15/capitals", "GET HTTP://B.Test/$ID HTTP/1.1\r\n$H\r\n", "b.test", "/$ID"},
	{"A15/port", "GET http://a.test:22/$ID HTTP/1.1\r\n$H\r\n", "a.test:22", "/$ID"},
	{"A15/own port", "GET http://a.test:80/$ID HTTP/1.1\r\n$H\r\n", "a.test", "/$ID"},
	{"A15/dots", "GET http://a.test/x/../$ID HTTP/1.1\r\n$H\r\n", "a.test", "/$ID"},
	{"A15/URL in query", "GET http://a.test/$ID?http://evil.test/ HTTP/1.1\r\n$H\r\n", "a.test", "/$ID?http://evil.test/"},
	{"A15/two slashes", "GET //evil.test/$ID HTTP/1.1\r\n$H\r\n", "a.test", "//evil.test/$ID"},
	{"A15/URL as path", "GET /http://evil.test/$ID HTTP/1.1\r\n$H\r\n", "a.test", "/http://evil.test/$ID"},
	{"A15/post", "POST http://b.test/$ID HTTP/1.1\r\n$HContent-Length: 0\r\n\r\n", "b.test", "/$ID"},
	{"A14/final dot", "GET /$ID HTTP/1.1\r\nHost: a.test.\r\n\r\n", "a.test", "/$ID"},
	{"A14/capitals", "GET /$ID HTTP/1.1\r\nHost: A.TEST\r\n\r\n", "a.test", "/$ID"},
	{"A14/1.0", "GET /$ID HTTP/1.0\r\n$HConnection: keep-alive\r\n\r\n", "a.test", "/$ID"},
	{"C04/port", "GET /$ID HTTP/1.1\r\nHost: a.test:1337\r\n\r\n", "a.test:1337", "/$ID"},
	{"C04/own port", "GET /$ID HTTP/1.1\r\nHost: a.test:80\r\n\r\n", "a.test", "/$ID"},
}
