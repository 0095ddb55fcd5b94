package semantics

import (
	"strings"
	"testing"

	"brink/edge/message"
	"brink/store"
)

// RFC 9110 section 12.5.4.
func TestFavouriteLanguage(t *testing.T) {
	for _, c := range []struct{ ask, want string }{
		{"Accept-Language: de", "de"},
		{"Accept-Language: fr;q=0.5, DE;q=1.0", "de"},
		{"Accept-Language: de-CH, de;q=0.9, en;q=0.8", "de-ch"},
		{"Accept-Language: en;q=0.3|Accept-Language: fr;q=0.4", "fr"},
		{"Accept-Language: en, de", ""},
		{"Accept-Language: en;q=0.5, de;q=0.5, fr;q=0.4", ""},
		{"Accept-Language: en;q=0.4, de;q=0.5, fr;q=0.4", "de"},
		{"Accept-Language: *", ""},
		{"Accept-Language: en;q=0", ""},
		{"Accept-Language: en;q=x", ""},
		{"Accept-Language: ", ""},
		{"X: y", ""},
	} {
		r := requestOf(message.GET, strings.Split(c.ask, "|")...)
		if got := string(FavouriteLanguage(nil, &r.Fields)); got != c.want {
			t.Errorf("%q: got %q, want %q", c.ask, got, c.want)
		}
	}
}

func TestContentLanguage(t *testing.T) {
	for _, c := range []struct{ fields, want string }{
		{"Content-Language: de", "de"},
		{"Content-Language: de-CH", "de-ch"},
		{"Content-Language: de, en", ""},
		{"Content-Language: de|Content-Language: en", ""},
		{"X: y", ""},
	} {
		r := requestOf(message.GET, strings.Split(c.fields, "|")...)
		if got := ContentLanguage(&r.Fields); got != c.want {
			t.Errorf("%q: got %q, want %q", c.fields, got, c.want)
		}
	}
}

func TestByLanguage(t *testing.T) {
	for _, c := range []struct {
		sel  store.Selector
		want bool
	}{
		{store.Selector{"accept-language"}, true},
		{store.Selector{"accept-encoding", "accept-language"}, false},
		{store.Selector{"accept"}, false},
		{store.Selector{}, false},
	} {
		if got := ByLanguage(c.sel); got != c.want {
			t.Errorf("%q: got %t", c.sel, got)
		}
	}
}
