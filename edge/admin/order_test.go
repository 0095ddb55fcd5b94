package admin

import (
	"encoding/json"
	"testing"

	"brink/purge"
)

// What is taken for an order says what it names, and nothing else.
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
