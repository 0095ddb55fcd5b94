package edge

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"brink/store"
)

// When the disk fails in the middle of a body the client gets the rest from the
// origin, if that is sure to be of the same representation; else the body breaks
// off where it is, and never goes on with another one.
func TestDiskFailsMidway(t *testing.T) {
	body := func(version byte) string { return strings.Repeat(string([]byte{version}), large) }
	for name, c := range map[string]struct {
		tag     string
		changed bool // the origin has another one when it is asked
		ranges  bool // the origin knows ranges
		asked   string
		whole   bool
	}{
		"strong tag":   {`"1"`, false, true, "bytes=262144-", true},
		"changed":      {`"1"`, true, true, "bytes=262144-", false},
		"no ranges":    {`"1"`, false, false, "bytes=262144-", false},
		"weak tag":     {`W/"1"`, false, true, "", false},
		"range of it":  {`"1"`, false, true, "bytes=262144-", true},
		"end of range": {`"1"`, false, true, "bytes=262144-", true},
	} {
		t.Run(name, func(t *testing.T) {
			version, tag, asked := byte('1'), c.tag, ""
			origin := newFakeOrigin(t, func(a *ask) {
				fields := []string{"Cache-Control: max-age=3600", "ETag: " + tag}
				var first int
				if asked = a.field("Range"); asked != "" && c.ranges && a.field("If-Range") == tag {
					if _, err := fmt.Sscanf(asked, "bytes=%d-", &first); err != nil {
						t.Error(err)
					}
					a.give(206, body(version)[first:], append(fields, fmt.Sprintf("Content-Range: bytes %d-%d/%d", first, large-1, large))...)
					return
				}
				a.give(200, body(version), fields...)
			})
			r := newDiskRig(t, newDirectory(t), origin)
			r.get("/large")
			r.settle()
			o := r.stored("/large")
			runs := slices.Clone(o.Location().Runs)
			from, to := 0, large
			var fields []string
			switch name {
			case "range of it":
				from = 300_000 - store.RunSize/2
				fields = []string{fmt.Sprintf("Range: bytes=%d-", from)}
			case "end of range":
				to = 400_001
				fields = []string{"Range: bytes=0-400000"}
			}
			runs[1] = 0
			r.misplace(o, runs)
			if c.changed {
				version, tag = '2', `"2"`
			}
			asked = ""
			g := r.get("/large", fields...)
			want := body('1')[from:to]
			switch {
			case c.whole && (g.err != nil || g.body != want):
				t.Errorf("%d of %d bytes, %v", len(g.body), len(want), g.err)
			case !c.whole && (g.err == nil || errors.Is(g.err, store.ErrAborted) || g.body != want[:store.RunSize]):
				t.Errorf("%d bytes, %v", len(g.body), g.err)
			}
			if asked != c.asked {
				t.Errorf("the origin was asked for %q, want %q", asked, c.asked)
			}
			again := r.get("/large")
			if again.err != nil || again.body != body(version) {
				t.Errorf("then %d bytes, %v", len(again.body), again.err)
			}
		})
	}
}
