package semantics

import (
	"reflect"
	"strings"
	"testing"

	"brink/edge/message"
	"brink/purge"
	"brink/store"
)

func TestMerge(t *testing.T) {
	const date, now = "Date: " + made, "Date: Thu, 01 Jan 1970 00:00:07 GMT"
	for _, c := range []struct {
		stored, update, want string
		hidden               string
	}{
		// RFC 9111 section 3.2: what the 304 has replaces, the rest stays; order stays.
		{date + "|A: 1|B: 1", date + "|A: 2", date + "|A: 2|B: 1", ""},
		{date + "|A: 1|B: 1|A: 2", date + "|a: 3|A: 4", date + "|a: 3|A: 4|B: 1", ""},
		{date + "|A: 1|A: 2", date + "|A: 3", date + "|A: 3", ""},
		{date, date + "|New: 1|New: 2", date + "|New: 1|New: 2", ""},
		{date + "|Vary: a|Set-Cookie: y", date + "|Set-Cookie: x", date + "|Vary: a", ""},
		// What describes the stored body stays as it is, also where it was absent.
		{date + `|ETag: "a"`, date + `|ETag: "b"`, date + `|ETag: "a"`, ""},
		{date, date + "|Content-Encoding: br|Content-Range: x|Content-MD5: y|Content-Length: 0", date, ""},
		{date + "|Content-Type: a/b", date + "|Content-Type: a/b;charset=utf-8", date + "|Content-Type: a/b;charset=utf-8", ""},
		// RFC 9111 section 3.1: fields of one hop.
		{date + "|A: 1", date + "|Connection: A, Keep-Alive|A: 2|Keep-Alive: 5", date + "|A: 1", ""},
		// RFC 9110 section 6.6.1: a 304 without Date was made now. Its age counts, not that of the stored one.
		{date + "|A: 1", "Age: 5", now + "|A: 1", ""},
		// Fields for caches stay hidden, and are updated like others.
		{date + "|Surrogate-Control: max-age=1", date + "|CDN-Cache-Control: max-age=2", date, "Surrogate-Control: max-age=1|CDN-Cache-Control: max-age=2"},
		{date + "|Surrogate-Control: max-age=1", date + "|Surrogate-Control: max-age=3", date, "Surrogate-Control: max-age=3"},
		// The body came the way it came.
		{date + "|Via: 1.1 p|Via: 1.1 edge-1", date + "|Via: 1.1 q", date + "|Via: 1.1 p|Via: 1.1 edge-1", ""},
	} {
		o := stored(200, "0123456789", strings.Split(c.stored, "|")...)
		o.Key, o.Text, o.Stamp, o.Tags = store.Key{Hi: 1}, "text", 9, []purge.ID{{Hi: 1}}
		before := linesOf(&o.Head)
		m := Merge(o, &Response{Status: 304, Fields: parseLines(strings.Split(c.update, "|")...), Length: -1}, 7, HeadOptions{Shared: true})
		if got := linesOf(&m.Head); got != "HTTP/1.1 200 OK|"+c.want {
			t.Errorf("%q and %q:\n got %s\nwant %s", c.stored, c.update, got, c.want)
		}
		hidden := strings.TrimSuffix(strings.ReplaceAll(string(m.Head.Hidden), "\r\n", "|"), "|")
		if hidden != c.hidden {
			t.Errorf("%q and %q: hidden %s, want %s", c.stored, c.update, hidden, c.hidden)
		}
		checkLines(t, &m.Head)
		if m.Key != o.Key || m.Text != o.Text || m.Stamp != o.Stamp || len(m.Tags) != 1 || m.Length != 10 || &m.Body[0][0] != &o.Body[0][0] {
			t.Errorf("%q: the merged object is another: %+v", c.stored, m)
		}
		if linesOf(&o.Head) != before {
			t.Errorf("%q: the stored head was written to", c.stored)
		}
	}
}

// TestMergeCarriesAll: a field added to store.Object must not be lost.
func TestMergeCarriesAll(t *testing.T) {
	o := stored(200, "0123456789", "Date: "+made, "Vary: a")
	o.Key, o.Primary, o.Text, o.Stamp = store.Key{Hi: 1}, store.Key{Lo: 1}, "text", 9
	o.Tags, o.Selector, o.Lifetime.Born = []purge.ID{{Hi: 1}}, store.Selector{"a"}, 5
	o.Partial, o.Variants, o.Admission = &store.Partial{Whole: 20}, &store.Variants{}, store.AdmitNever
	o.Site = purge.ID{Lo: 1}
	from, to := reflect.ValueOf(o).Elem(), reflect.ValueOf(Merge(o, &Response{Status: 304, Fields: parseLines("Date: " + made)}, 0, HeadOptions{Shared: true})).Elem()
	for i := range from.NumField() {
		field := from.Type().Field(i)
		if !field.IsExported() || field.Name == "Variants" { // an index of variants is no response
			continue
		}
		if from.Field(i).IsZero() {
			t.Errorf("the test does not set %s", field.Name)
		}
		if !reflect.DeepEqual(from.Field(i).Interface(), to.Field(i).Interface()) && field.Name != "Head" {
			t.Errorf("%s is lost", field.Name)
		}
	}
}

func TestMergedReason(t *testing.T) {
	const now = store.Instant(1640995200) * store.Second // made
	times := Times{Asked: now, Answered: now}
	for _, c := range []struct {
		ask      string
		stored   string
		selector string
		update   string
		rules    Rules
		want     message.Reason
	}{
		// RFC 9111 section 3: the merged response must be one that may be stored.
		{"Accept: x", "ETag: a|Cache-Control: max-age=1", "", "A: 1", Rules{}, message.ReasonNone},
		{"Accept: x", "ETag: a|Cache-Control: max-age=1", "", "Cache-Control: no-store", Rules{}, message.ReasonNoStore},
		{"Accept: x", "ETag: a|Cache-Control: max-age=1", "", "Cache-Control: private, max-age=5", Rules{}, message.ReasonPrivate},
		{"Accept: x", "ETag: a|Cache-Control: max-age=1", "", "Set-Cookie: a=b", Rules{}, message.ReasonSetCookie},
		{"Accept: x", "ETag: a|Cache-Control: max-age=1", "", "Set-Cookie: a=b", Rules{StoreSetCookie: true}, message.ReasonNone},
		{"Authorization: x", "ETag: a|Cache-Control: max-age=1", "", "A: 1", Rules{}, message.ReasonAuthorization},
		{"Cache-Control: no-store", "ETag: a|Cache-Control: max-age=1", "", "A: 1", Rules{}, message.ReasonRequestNoStore},
		{"X-Evil: 1", "ETag: a|Cache-Control: max-age=1", "", "A: 1", Rules{}, message.ReasonNone},
		{"X-Evil: 1", "ETag: a|Last-Modified: Thu, 01 Jan 2015 00:00:00 GMT", "", "A: 1", Rules{}, message.ReasonUnkeyedField},
		{"X-Evil: 1", "ETag: a|Cache-Control: max-age=1", "", "A: 1", Rules{Key: KeyRules{Unknown: RefuseUnknown}}, message.ReasonUnkeyedField},
		{"X-Evil: 1", "ETag: a|Cache-Control: max-age=1|Vary: X-Evil", "x-evil", "A: 1", Rules{}, message.ReasonNone},
		// RFC 9111 section 4.1: under another Vary it has another key.
		{"Accept: x", "ETag: a|Cache-Control: max-age=1|Vary: X, a", "a,x", "A: 1", Rules{}, message.ReasonNone},
		{"Accept: x", "ETag: a|Cache-Control: max-age=1|Vary: X, a", "a,x", "Vary: A, x", Rules{}, message.ReasonNone},
		{"Accept: x", "ETag: a|Cache-Control: max-age=1", "", "Vary: Cookie", Rules{}, message.ReasonNone},
		{"Accept: x", "ETag: a|Cache-Control: max-age=1|Vary: a", "a", "Vary: b", Rules{}, message.ReasonNone},
		{"X-Evil: 1", "ETag: a|Cache-Control: max-age=1", "", "Vary: X-Evil", Rules{}, message.ReasonNone},
		{"X-Evil: 1", "ETag: a|Cache-Control: max-age=1|Vary: X-Evil", "x-evil", "Vary: Accept", Rules{Key: KeyRules{Unknown: RefuseUnknown}}, message.ReasonUnkeyedField},
		{"Accept: x", "ETag: a|Cache-Control: max-age=1|Vary: a", "a", "Vary: *", Rules{}, message.ReasonVaryStar},
	} {
		o := stored(200, "0123456789", append(strings.Split(c.stored, "|"), "Date: "+made)...)
		if c.selector != "" {
			o.Selector = strings.Split(c.selector, ",")
		}
		resp := &Response{Status: 304, Fields: parseLines(strings.Split(c.update, "|")...), Length: -1}
		m := Merge(o, resp, int64(now/store.Second), HeadOptions{Shared: !c.rules.StoreSetCookie})
		for _, method := range []message.Method{message.GET, message.HEAD} {
			r := requestOf(method, strings.Split(c.ask, "|")...)
			if got := MergedReason(r, m, resp, &c.rules, times).Reason; got != c.want || r.Method != method {
				t.Errorf("%q: %q updated by %q: %s, want %s", c.ask, c.stored, c.update, got, c.want)
			}
		}
	}
}

// RFC 9111 section 4.1: a merged response varies by the fields that its own Vary names.
func TestMergedSelector(t *testing.T) {
	const allow = "Access-Control-Allow-Origin: "
	for _, c := range []struct{ stored, update, want string }{
		{"A: 1", "A: 2", ""},
		{"A: 1", "Vary: B, a", "a b"},
		{"Vary: a", "A: 2", "a"},
		{"Vary: a", "Vary: b", "b"},
		{"Vary: a", "Vary:", ""},
		{"Vary: a", "Vary: *", "a"},
		{"A: 1", allow + "https://a.test", "origin"},
		{allow + "https://a.test", "Vary: z, Accept", "accept origin z"},
		{allow + "https://a.test", allow + "*", ""},
		{allow + "*", allow + "null", "origin"},
		{"A: 1", allow + "https://a.test|Vary: Origin", "origin"},
	} {
		o := stored(200, "0123456789", append(strings.Split(c.stored, "|"), "Date: "+made)...)
		if sel, reason := selects(parseLines(c.stored)); reason == message.ReasonNone {
			o.Selector = sel
		}
		resp := &Response{Status: 304, Fields: parseLines(strings.Split(c.update, "|")...), Length: -1}
		if got := strings.Join(Merge(o, resp, 7, HeadOptions{}).Selector, " "); got != c.want {
			t.Errorf("%q updated by %q: %q, want %q", c.stored, c.update, got, c.want)
		}
	}
}

func TestMergedLifetime(t *testing.T) {
	const now = store.Instant(1640995200) * store.Second // made
	o := stored(200, "0123456789", "Date: "+modified, "Cache-Control: max-age=100")
	for _, c := range []struct {
		update     string
		age, fresh int64 // seconds
	}{
		// RFC 9111 section 4.3.4: the lifetime is that of the merged fields.
		{"Date: " + made, 0, 100},
		{"A: 1", 0, 100},
		{"Date: " + made + "|Cache-Control: max-age=7", 0, 7},
		{"Date: " + made + "|Age: 30", 30, 70},
	} {
		resp := &Response{Status: 304, Fields: parseLines(strings.Split(c.update, "|")...), Length: -1}
		m := Merge(o, resp, int64(now/store.Second), HeadOptions{Shared: true})
		l := MergedLifetime(m, resp, false, &Rules{}, Times{Asked: now, Answered: now})
		if age, fresh := int64((now-l.Born)/store.Second), int64((l.Fresh-now)/store.Second); age != c.age || fresh != c.fresh {
			t.Errorf("%q: age %d, fresh for %d, want %d, %d", c.update, age, fresh, c.age, c.fresh)
		}
	}
}

func TestHeadMatches(t *testing.T) {
	o := stored(200, "0123456789", `ETag: "a"`, "Last-Modified: "+modified)
	bare := stored(200, "0123456789", "A: 1")
	part := storedPart(0, 20, "0123456789", `ETag: "a"`)
	gone := stored(410, "0123456789", "A: 1")
	for _, c := range []struct {
		o      *store.Object
		status int
		length int64
		fields string
		want   string
	}{
		// RFC 9111 section 4.3.5: the validators and the length received must be the stored ones.
		{o, 200, 10, `ETag: "a"|Last-Modified: ` + modified, "updates"},
		{o, 200, -1, "A: 1", ""},
		{o, 200, 10, "Last-Modified: Wednesday, 01-Jan-20 00:00:00 GMT", "updates"},
		{o, 200, 11, `ETag: "a"`, "invalidates"},
		{o, 200, 0, `ETag: "a"`, "invalidates"},
		{o, 200, -1, `ETag: "b"`, "invalidates"},
		{o, 200, -1, `ETag: W/"a"`, "invalidates"},
		{o, 200, -1, `ETag: "a"|Last-Modified: ` + later, "invalidates"},
		{bare, 200, -1, `ETag: "a"`, "invalidates"},
		{bare, 200, 10, "A: 2", ""},
		{part, 200, 20, `ETag: "a"`, "updates"},
		{part, 200, 10, `ETag: "a"`, "invalidates"},
		{o, 404, -1, "A: 1", ""},
		{o, 304, -1, "A: 1", ""},
		{gone, 200, -1, "A: 1", ""},
	} {
		updates, invalidates := HeadMatches(c.o, &Response{Status: c.status, Fields: parseLines(strings.Split(c.fields, "|")...), Length: c.length})
		got := map[[2]bool]string{{true, false}: "updates", {false, true}: "invalidates"}[[2]bool{updates, invalidates}]
		if got != c.want {
			t.Errorf("%d, length %d, %q: %q, want %q", c.status, c.length, c.fields, got, c.want)
		}
	}
}
