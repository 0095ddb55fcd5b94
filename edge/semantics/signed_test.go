package semantics

import "testing"

func TestSignedAway(t *testing.T) {
	const aws = "Authorization: AWS4-HMAC-SHA256 Credential=x/s3/aws4_request, SignedHeaders="
	for _, c := range []struct {
		lines string
		rules *Rules
		found bool
		want  bool
	}{
		{aws + `host;if-none-match;x-amz-date, Signature=a|If-None-Match: "1"`, new(Rules), false, true},
		{aws + `host;x-amz-date,Signature=a|If-None-Match: "1"`, new(Rules), false, false},
		{aws + "accept-encoding;host, Signature=a|Accept-Encoding: identity", new(Rules), false, true},
		{aws + "accept-encoding;host, Signature=a|Accept-Encoding: gzip", new(Rules), false, false},
		{aws + "date;host, Signature=a|Date: Sun, 22 Nov 2026 10:00:00 GMT", new(Rules), false, true},
		{aws + "cache-control;host, Signature=a|Cache-Control: no-cache", new(Rules), false, true},
		{aws + "cache-control;host, Signature=a|Cache-Control: no-cache", &Rules{HonourClient: true}, false, false},
		{aws + "content-md5;host, Signature=a|Content-MD5: x", new(Rules), false, true},
		{aws + "host;range;x-amz-meta-a, Signature=a|Range: bytes=0-1|X-Amz-Meta-A: 1", new(Rules), false, false},
		{aws + "host;range, Signature=a|Range: bytes=0-1", new(Rules), true, true},
		{aws + `host;if-none-match, Signature=a|If-None-Match: "1"`, &Rules{Key: KeyRules{Ignore: []string{"authorization"}}}, false, false},
		{"Authorization: AWS id:sig|Date: x", new(Rules), false, true},
		{"Authorization: SharedKey id:sig|X-Ms-Date: x", new(Rules), false, false},
		{"Authorization: SharedKey id:sig|If-Modified-Since: x", new(Rules), false, true},
		{`Authorization: Signature keyId="a",headers="(request-target) host date",signature="b"|Date: x`, new(Rules), false, true},
		{`Authorization: Bearer x|If-None-Match: "1"|Date: x`, new(Rules), false, false},
		{`If-None-Match: "1"`, new(Rules), false, false},
	} {
		if got := SignedAway(getAt(t, "http://a.test/", c.lines), c.rules, c.found); got != c.want {
			t.Errorf("%s, found %t: %t", c.lines, c.found, got)
		}
	}
}
