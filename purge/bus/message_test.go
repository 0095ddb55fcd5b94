package bus

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"

	"brink/purge"
)

var everyKind = []purge.Item{
	{Kind: purge.URL, Name: "https://a.test/x?y=1"},
	{Kind: purge.Prefix, Name: "a.test/x/", Soft: true},
	{Kind: purge.Tag, Name: "\x00any bytes\xff"},
	{Kind: purge.SiteTag, Name: "p1", Site: "shop"},
	{Kind: purge.Group, Name: "g1", Site: "https://a.test"},
	{Kind: purge.Host, Name: "a.test"},
	{Kind: purge.Site, Name: "shop", Soft: true},
	{Kind: purge.All},
}

func TestMessage(t *testing.T) {
	for _, m := range []message{
		{node: "edge-1", counter: 1, items: everyKind},
		{node: "edge-1", counter: 1 << 60, items: everyKind[:1], lost: true},
		{node: "edge-1", lost: true},
	} {
		got, err := parseMessage(m.append(nil))
		if err != nil || !reflect.DeepEqual(*got, m) {
			t.Errorf("%v, %+v, want %+v", err, got, m)
		}
	}
}

func TestMessageRefused(t *testing.T) {
	good := (&message{node: "n", counter: 7, items: everyKind[:1]}).append(nil)
	for what, b := range map[string][]byte{
		"nothing":              {},
		"its beginning":        good[:len(good)-1],
		"more":                 append(bytes.Clone(good), 0),
		"an unknown flag":      append([]byte{1, 2}, good[2:]...),
		"no item":              {1, 0, 1, 'n', 7, 0},
		"an unknown kind":      {1, 0, 1, 'n', 7, 1, 'x', 1, 'y'},
		"a kind of the files'": {1, 0, 1, 'n', 7, 1, 'L', 1, 'y'},
		"a long varint":        {1, 0, 1, 'n', 0x87, 0, 1, 'a'},
		"an endless varint":    append([]byte{1, 0, 1, 'n'}, bytes.Repeat([]byte{0xff}, 20)...),
		"too many items":       append([]byte{1, 0, 1, 'n', 7, 0x91, 0x4e}, bytes.Repeat([]byte{'a'}, 10_001)...),
		"a length beyond":      {1, 0, 1, 'n', 7, 1, 't', 200, 1, 'y'},
	} {
		if m, err := parseMessage(b); !errors.Is(err, errForm) {
			t.Errorf("%s: %v, %+v", what, err, m)
		}
	}
	if _, err := parseMessage(append([]byte{2}, good[1:]...)); !errors.Is(err, errVersion) {
		t.Errorf("another version: %v", err)
	}
	if err := checkItem(&purge.Item{Kind: purge.URL, Name: strings.Repeat("x", maxText+1)}); err == nil {
		t.Error("a name without end can be sent")
	}
	if err := checkItem(&purge.Item{Kind: 'L'}); err == nil {
		t.Error("an unknown kind can be sent")
	}
}

// What is parsed is what append would make, byte for byte, and can be sent.
func FuzzMessage(f *testing.F) {
	f.Add((&message{node: "n", counter: 7, items: everyKind}).append(nil))
	f.Add((&message{node: "edge-1", lost: true}).append(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := parseMessage(b)
		if err != nil {
			if m != nil || !errors.Is(err, errForm) && !errors.Is(err, errVersion) {
				t.Fatal(err)
			}
			return
		}
		if again := m.append(nil); !bytes.Equal(again, b) {
			t.Fatalf("%x became %x", b, again)
		}
		for i := range m.items {
			if err := checkItem(&m.items[i]); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func FuzzReport(f *testing.F) {
	f.Add((&report{node: "edge-1", instance: 5, applied: 1 << 50, leaving: true}).append(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		if p, ok := parseReport(b); ok && !bytes.Equal(p.append(nil), b) {
			t.Fatalf("%x became %x", b, p.append(nil))
		}
	})
}
