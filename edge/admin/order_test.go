package admin

import (
	"encoding/json"
	"strings"
	"testing"

	"brink/purge"
)

// Input that JSON decoders repair without an error is refused, as it would purge something
// else. The error tells the position.
func TestOrderUnrepaired(t *testing.T) {
	f := func(body, want string) {
		t.Helper()
		_, refused := parseOrder([]byte(body))
		switch {
		case want == "" && refused != nil:
			t.Errorf("%s: %s", body, refused.Message)
		case want != "" && (refused == nil || refused.status != 400 || !strings.Contains(refused.Message, want)):
			t.Errorf("%s: %+v, want %q", body, refused, want)
		}
	}
	f(`{"tags":["\ud800"]}`, "pair at byte 10,")
	f(`{"tags":["a","\udc00\ud800"]}`, "pair at byte 14,")
	f(`{"tags":["\ud800\ud800\udc00"]}`, "pair at byte 10,")
	f(`{"tags":["\ud800x"]}`, "pair at byte 10,")
	f(`{"tags":["\ud800\n"]}`, "pair at byte 10,")
	f(`{"tags":["\\\ud800"]}`, "pair at byte 12,")
	f(`{"urls":["http://a.test/\uDFFF"]}`, "pair at byte 24,")
	f(`{"prefixes":["a.test/\ud83d"]}`, "pair at byte")
	f(`{"hosts":["\ud83d.test"]}`, "pair at byte")
	f(`{"sites":["\ud83d"],"tags":["a"]}`, "pair at byte")
	f(`{"\ud83d":1}`, "pair at byte 2,")
	f(`{"tags":["\\ud800"]}`, "")
	f(`{"tags":["\uD83D\uDE00\u00e9\n\ufffd"]}`, "")
	f("{\"tags\":[\"ab\xff\"]}", "not UTF-8 at byte 12")
	f("{\"tags\":[\"\xed\xa0\x80\"]}", "not UTF-8 at byte 10")
	f("{\"t\xc0ags\":[]}", "not UTF-8 at byte 3")
	f("{\"tags\":[\"\ufffd\"]}", "") // the character itself
	f(`{"tags":["a"],"soft":true,"soft":false}`, "is there twice")
	f(`{"tags":["a"],"soft":true,"\u0073oft":false}`, "is there twice")
	f(`{"tags":["a"],"tags":["b"]}`, "is there twice")
	f(`{"tags":["a"],"Soft":true}`, "there is no")
	f(`{"tags":["a"]} x`, "not a JSON object")
	f(`{"tags":["a"]}{}`, "not a JSON object")
	f(`[{"tags":["a"]}]`, "not a JSON object")
}

// A body that is taken for an order has the members that the order has, and no others.
func FuzzOrder(f *testing.F) {
	for _, seed := range []string{
		`{"urls":["http://shop.example/a?b"],"prefixes":["a/b/"],"soft":true}`, `{"tags":["a","b"],"sites":["s","t"],"all":true}`,
		`{"hosts":["a"],"wait":"fleet"}`, `{"sites":["s"],"tags":null}`, `{"tags":[],"sites":["s"]}`, `{"all":1}`, `{"all":true,"all":null}`, `{"urls":["\ud800"]}`, `[{}]`, ``,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		o, refused := parseOrder(body)
		var plain struct {
			URLs, Prefixes, Tags, Hosts, Sites []string
			All, Soft                          bool
			Wait                               *string
		}
		if refused != nil {
			return
		}
		if err := json.Unmarshal(body, &plain); err != nil {
			t.Fatalf("taken, but %v", err)
		}
		if o.all != plain.All || o.soft != plain.Soft {
			t.Errorf("all %v, soft %v, want %v, %v", o.all, o.soft, plain.All, plain.Soft)
		}
		items, refused := o.items(nil)
		if refused != nil {
			return
		}
		want := len(plain.URLs) + len(plain.Prefixes) + len(plain.Hosts)
		switch {
		case plain.Tags == nil:
			want += len(plain.Sites)
		case plain.Sites == nil:
			want += len(plain.Tags)
		default:
			want += len(plain.Tags) * len(plain.Sites)
		}
		if plain.All {
			want++
		}
		if len(items) != want {
			t.Errorf("%d items, want %d", len(items), want)
		}
		for _, i := range items {
			if i.Soft != plain.Soft || (i.Name == "") != (i.Kind == purge.All) || (i.Site == "") == (i.Kind == purge.SiteTag) {
				t.Errorf("%+v", i)
			}
		}
	})
}
