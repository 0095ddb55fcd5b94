package semantics

import (
	"strings"
	"testing"

	"brink/store"
)

func TestOfExtension(t *testing.T) {
	for _, c := range []struct{ extensions, fits, others string }{
		{"css", "text/css", "text/html text/plain application/json image/png application/javascript text/css2"},
		{"js mjs", "text/javascript application/javascript application/x-javascript text/x-javascript", "text/html application/json text/plain application/xhtml+xml"},
		{"ts", "video/mp2t text/typescript application/javascript", "text/html application/json"},
		{"json map webmanifest", "application/json application/manifest+json text/plain", "text/html application/xhtml+xml"},
		{"xml rss", "text/xml application/xml application/rss+xml", "text/html application/json"},
		{"png jpg svg webp ico", "image/png image/webp image/svg+xml image/x-icon", "text/html application/json text/plain"},
		{"gif", "image/gif image/webp video/mp4", "text/html application/json"},
		{"woff2 ttf otf", "font/woff2 application/font-woff application/font-ttf application/x-font-ttf application/x-woff application/vnd.ms-opentype", "text/html text/plain application/json"},
		{"mp4 m4s mp3", "video/mp4 audio/mpeg application/mp4 video/iso.segment", "text/html application/json"},
		{"m3u8", "application/vnd.apple.mpegurl audio/mpegurl", "text/html"},
		{"txt csv", "text/plain text/csv application/pgp-signature", "text/html application/json application/xhtml+xml"},
		{"pdf docx", "application/pdf application/vnd.openxmlformats-officedocument.wordprocessingml.document", "text/html application/json"},
		{"zip gz exe", "application/zip application/gzip application/x-msdownload", "text/html application/json application/problem+json application/xhtml+xml"},
		{"wasm", "application/wasm", "text/html"},
		{"html", "text/html application/xhtml+xml", "application/json text/plain"},
		{"php do", "text/html application/json image/png", ""},
		{"xyz v2", "text/plain application/json image/png", "text/html application/xhtml+xml"},
	} {
		for extension := range strings.FieldsSeq(c.extensions) {
			for kind := range strings.FieldsSeq(c.fits + " application/octet-stream binary/octet-stream") {
				if !ofExtension(extension, kind) {
					t.Errorf("%s is no .%s", kind, extension)
				}
			}
			for kind := range strings.FieldsSeq(c.others) {
				if ofExtension(extension, kind) {
					t.Errorf("%s is a .%s", kind, extension)
				}
			}
			if ofExtension(extension, "") != (c.others == "") {
				t.Errorf("no type as .%s", extension)
			}
		}
	}
	for _, e := range extensions {
		for name := range strings.FieldsSeq(e.names) {
			if strings.Join(typesOf[name], " ") != strings.Join(strings.Fields(e.types), " ") {
				t.Errorf(".%s is listed twice", name)
			}
		}
	}
}

// The lifetimes of a rule for files do not hold for content of another kind; what
// the origin says does.
func TestRuleForFiles(t *testing.T) {
	rules := func(set func(*Rules)) *Rules {
		r := &Rules{Extension: "css"}
		set(r)
		return r
	}
	ttl := rules(func(r *Rules) { r.TTL = seconds(50) })
	for _, c := range []struct {
		name   string
		rules  *Rules
		status int
		lines  string
		want   string // the refusal, or the source of the lifetime
	}{
		{"style sheet", ttl, 200, "Content-Type: text/css; charset=utf-8", "ttl rule"},
		{"in capitals", ttl, 200, "Content-Type: Text/CSS ;charset=utf-8", "ttl rule"},
		{"page", ttl, 200, "Content-Type: text/html", "content-type text/html"},
		{"part of a page", ttl, 206, "Content-Type: text/html|Content-Range: bytes 0-0/1", "content-type text/html"},
		{"no type", ttl, 200, "", "content-type none"},
		{"two types", ttl, 200, "Content-Type: text/css|Content-Type: text/html", "content-type none"},
		{"page with a validator", ttl, 200, `Content-Type: text/html|ETag: "1"`, "content-type text/html"},
		{"page of an origin that speaks", ttl, 200, "Content-Type: text/html|Cache-Control: max-age=7", "max-age"},
		{"page, no-cache", ttl, 200, `Content-Type: text/html|Cache-Control: no-cache|ETag: "1"`, "nothing"},
		{"page, private", ttl, 200, "Content-Type: text/html|Cache-Control: private", "private "},
		{"error", rules(func(r *Rules) { r.Negative = map[int]store.Instant{404: store.Second} }), 404, "Content-Type: text/html", "negative_ttl rule"},
		{"redirect", ttl, 302, "Content-Type: text/html", "ttl rule"},
		{"default_ttl", rules(func(r *Rules) { r.Default = seconds(50) }), 200, "Content-Type: text/html", "content-type text/html"},
		{"min_ttl", rules(func(r *Rules) { r.Min = seconds(50) }), 200, "Content-Type: text/html|Cache-Control: max-age=0", "no-freshness "},
		{"guess", rules(func(*Rules) {}), 200, "Content-Type: text/html|Last-Modified: @-1000", "content-type text/html"},
		{"guess of a style sheet", rules(func(*Rules) {}), 200, "Content-Type: text/css|Last-Modified: @-1000", "heuristic"},
		{"another rule", &Rules{TTL: seconds(50)}, 200, "Content-Type: text/html", "ttl rule"},
	} {
		l, _, why := Store(getAt(t, "http://a.test/account/x.css", ""), answerAt(c.status, c.lines), c.rules, atOnce)
		got := l.Source.String()
		if !why.Stored() {
			got = why.Reason.String() + " " + why.Culprit
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
