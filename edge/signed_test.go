package edge

import "testing"

// A signed request whose signature a shared fetch would break goes on as it came;
// another may still be shared.
func TestSignedRequests(t *testing.T) {
	const sign = "Authorization: AWS4-HMAC-SHA256 Credential=x, SignedHeaders="
	r := newRig(t, "", func(a *ask) {
		if a.field("If-None-Match") == "" && a.target == "/a" {
			a.give(403, "SignatureDoesNotMatch")
			return
		}
		a.give(200, "object", "Cache-Control: public, max-age=60")
	})
	for range 2 {
		r.get("/a", sign+"host;if-none-match, Signature=x", `If-None-Match: "0"`).want(t, 200, "detail=authorization", "object")
	}
	r.do("HEAD", "/c", sign+"host, Signature=x").want(t, 200, "detail=authorization", "")
	if asked := r.origin.last(); asked.method != "HEAD" {
		t.Errorf("a signed HEAD went on as %s", asked.method)
	}
	r.get("/b", sign+"host, Signature=x").want(t, 200, "stored", "object")
	r.quiet()
	r.get("/b", sign+"host;if-none-match, Signature=x", `If-None-Match: "0"`).want(t, 200, "hit", "object")
}
