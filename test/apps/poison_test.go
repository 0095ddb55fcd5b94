package apps

import (
	"fmt"
	"strings"
	"testing"
)

// Where an attacker wants links and redirects to lead.
const elsewhere = "attacker.example"

// poisons are fields by which applications are told that a request is another one
// than it seems.
var poisons = [][]string{
	{"X-Forwarded-Host", elsewhere}, {"Forwarded", "host=" + elsewhere + ";proto=https"}, {"X-Host", elsewhere}, {"X-Forwarded-Server", elsewhere},
	{"X-Forwarded-Proto", "https"}, {"X-Forwarded-Proto", "https", "X-Forwarded-Host", elsewhere}, {"X-Forwarded-Ssl", "on"}, {"Front-End-Https", "on"},
	{"X-Forwarded-Port", "4443"}, {"X-Forwarded-Prefix", "//" + elsewhere}, {"X-Original-URL", "/" + elsewhere}, {"X-Rewrite-URL", "/" + elsewhere},
	{"X-HTTP-Method-Override", "POST"}, {"X-Method-Override", "DELETE"}, {"X-Requested-With", "XMLHttpRequest"}, {"Accept", "application/json"},
	{"Accept-Language", "de"}, {"Range", "bytes=0-9"}, {"If-None-Match", "*"}, {"Origin", "https://" + elsewhere}, {"User-Agent", "bot " + elsewhere},
	{"Referer", "https://" + elsewhere + "/"}, {"Cookie", "language=" + elsewhere}, {"X-WP-Nonce", elsewhere}, {"Content-Type", elsewhere},
}

// poison asks for pages that are not stored yet with fields of an attacker, and then
// as somebody who should get what everybody gets. page begins the query of a URL
// that means the same whatever follows.
func (f *front) poison(t *testing.T, page string) {
	t.Helper()
	attacker, reader := f.newVisitor(t, "attacker"), f.newVisitor(t, "victim")
	usual := reader.get(t, page+"usual")
	for i, fields := range poisons {
		path := fmt.Sprintf("%s%d", page, i)
		attacker.get(t, path, fields...)
		for range 2 {
			a := reader.get(t, path)
			switch {
			case a.status != usual.status, a.header.Get("Content-Type") != usual.header.Get("Content-Type"):
				t.Errorf("after %q of an attacker a reader gets %d %s: %s", fields, a.status, a.header.Get("Content-Type"), a.cache())
			case strings.Contains(a.body, elsewhere), strings.Contains(a.body, "https://"+f.host), strings.Contains(a.body, ":4443"):
				t.Errorf("after %q of an attacker a reader gets his links: %s", fields, a.cache())
			case len(a.body) < len(usual.body)-100:
				t.Errorf("after %q of an attacker a reader gets %d bytes instead of %d: %s", fields, len(a.body), len(usual.body), a.cache())
			}
		}
	}
}
