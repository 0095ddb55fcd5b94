package edge

import (
	"strings"
	"testing"

	"brink/purge"
)

// Sites are found by name, whatever the port. So are the responses that a purge
// covers: nobody who purges knows which port a client wrote.
func TestPurgeWhateverThePort(t *testing.T) {
	hosts := []string{"www.example.com", "www.example.com:8080", "www.example.com:9090"}
	for _, settings := range []string{"", `key { headers = ["X-Device"] }`} {
		for _, item := range []purge.Item{
			{Kind: purge.URL, Name: "http://www.example.com/x/y"},
			{Kind: purge.URL, Name: "https://www.example.com:8080/x/y"},
			{Kind: purge.Prefix, Name: "www.example.com/x/"},
			{Kind: purge.Prefix, Name: "www.example.com:8080/x/"},
			{Kind: purge.Host, Name: "www.example.com"},
			{Kind: purge.Host, Name: "www.example.com:8080"},
		} {
			r := newRig(t, settings, numbered("Cache-Control: max-age=60"))
			for _, host := range append(hosts, "other.example.com:8080") {
				r.get("/x/y", "Host: "+host)
				r.quiet()
			}
			if _, err := r.node.Purge(t.Context(), []purge.Item{item}); err != nil {
				t.Fatal(err)
			}
			for _, host := range hosts {
				if g := r.get("/x/y", "Host: "+host); !strings.Contains(g.cache, "fwd=uri-miss") {
					t.Errorf("%v %s: %s is stored: %s", item.Kind, item.Name, host, g.cache)
				}
			}
			if g := r.get("/x/y", "Host: other.example.com:8080"); !strings.Contains(g.cache, "hit") {
				t.Errorf("%v %s: another name is purged: %s", item.Kind, item.Name, g.cache)
			}
			r.quiet()
		}
	}
}

// A purge while the fetch of a name with a port is under way covers its response.
func TestPurgeWhateverThePortDuringFetch(t *testing.T) {
	var r *rig
	r = newRig(t, "", func(a *ask) {
		if a.n == 1 {
			if _, err := r.node.Purge(t.Context(), []purge.Item{{Kind: purge.URL, Name: "www.example.com/x"}}); err != nil {
				t.Error(err)
			}
		}
		numbered("Cache-Control: max-age=60")(a)
	})
	for _, want := range []string{"body 1", "body 2"} {
		r.get("/x", "Host: www.example.com:8080").want(t, 200, "fwd=uri-miss", want)
		r.quiet()
	}
}

// Also what is stored for several queries at a time is found by name.
func TestPurgeSearchWhateverThePort(t *testing.T) {
	r := newRig(t, "", numbered("Cache-Control: max-age=60", `No-Vary-Search: params=("utm")`))
	for _, target := range []string{"/x?utm=1", "/x?utm=2"} {
		r.get(target, "Host: www.example.com:8080")
		r.quiet()
	}
	r.get("/x?utm=3", "Host: www.example.com:8080").want(t, 200, "hit", "body 2")
	if _, err := r.node.Purge(t.Context(), []purge.Item{{Kind: purge.URL, Name: "www.example.com/x?utm=4"}}); err != nil {
		t.Fatal(err)
	}
	r.get("/x?utm=3", "Host: www.example.com:8080").want(t, 200, "fwd=uri-miss", "body 3")
	r.quiet()
}
