package edge

import (
	"fmt"
	"testing"
)

// BenchmarkMiss shows what a miss allocates. The figure includes the scripted origin, so it
// serves only to compare two versions.
func BenchmarkMiss(b *testing.B) {
	for _, c := range []struct{ name, response, field string }{
		{"shared", "Cache-Control: max-age=60", "Accept: */*"},
		{"private", "Cache-Control: private", "Accept: */*"},
		{"own", "Cache-Control: max-age=60", "Range: bytes=0-1"},
		{"own private", "Cache-Control: private", "Range: bytes=0-1"},
	} {
		b.Run(c.name, func(b *testing.B) {
			r := newRig(b, "", func(a *ask) { a.give(200, "body", c.response) })
			client := r.client()
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				client.do("GET", fmt.Sprintf("/%d", i), c.field)
			}
		})
	}
}
