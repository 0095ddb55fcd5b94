package semantics

import (
	"strings"
	"testing"

	"brink/edge/wire"
)

const forAllCaches = "Date: " + made + "|CDN-Cache-Control: max-age=1|Surrogate-Control: max-age=2|Brink-Cache-Control: max-age=3|Cache-Tag: a"

// RFC 9213 section 3.1: CDN-Cache-Control is for every CDN on the way.
func TestShownTargeted(t *testing.T) {
	cdn := []string{"cdn-cache-control"}
	for _, c := range []struct {
		shown []string
		tags  bool
		want  string
	}{
		{nil, false, ""},
		{cdn, false, "CDN-Cache-Control: max-age=1"},
		{[]string{"Surrogate-Control", "Other"}, false, "Surrogate-Control: max-age=2"},
		{[]string{"Brink-Cache-Control", "CDN-Cache-Control"}, true, "CDN-Cache-Control: max-age=1|Brink-Cache-Control: max-age=3|Cache-Tag: a"},
	} {
		opt := HeadOptions{ShowTargeted: TargetedOf(c.shown), ShowTags: c.tags}
		want := strings.Trim("HTTP/1.1 200 OK|Date: "+made+"|"+c.want, "|")
		var fresh wire.Head
		RenderHead(&fresh, 200, parseLines(strings.Split(forAllCaches, "|")...), 7, opt)
		if got := linesOf(&fresh); got != want {
			t.Errorf("%q:\n got %s\nwant %s", c.shown, got, want)
		}
		checkLines(t, &fresh)

		// A 304 without these fields makes the stored response follow the current rule.
		before := stored(200, "", strings.Split(forAllCaches, "|")...)
		m := Merge(before, &Response{Status: 304, Fields: parseLines("Date: " + made), Length: -1}, 7, opt)
		var kept, all wire.Fields
		FieldsOf(&m.Head, &all)
		for i := range m.Head.Lines {
			kept.Append(all.List[i].Name, all.List[i].Value)
		}
		for _, id := range targetedFields {
			if kept.Has(id) != opt.ShowTargeted.has(id) || !all.Has(id) {
				t.Errorf("%q, merged: %s shown %v, kept %v", c.shown, id, kept.Has(id), all.Has(id))
			}
		}
		if kept.Has(wire.CacheTag) != c.tags || !all.Has(wire.CacheTag) {
			t.Errorf("%q, merged: tags shown %v", c.shown, kept.Has(wire.CacheTag))
		}

		// RFC 9110 section 15.4.5: who validates with a 304 needs them as well.
		var head wire.Head
		RenderNotModified(&head, &fresh)
		if shown := head.Get(wire.CDNCacheControl) != nil; shown != opt.ShowTargeted.has(wire.CDNCacheControl) {
			t.Errorf("%q: the 304 has CDN-Cache-Control: %v", c.shown, shown)
		}
	}
}
