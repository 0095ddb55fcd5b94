package model

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// member is the first parameter of the node's Cache-Status.
func member(r *response) string {
	parts := strings.Split(r.fields.Get("Cache-Status"), "; ")
	return parts[min(1, len(parts)-1)]
}

const confKeys = `
origin "app" {
  server "http://$ORIGIN" {}
}
site "app" {
  hosts  = ["*"]
  origin = "app"
  path "/drop/**" {
    key {
      query  = "drop"
      params = ["utm"]
    }
  }
  path "/sort/**" {
    key {
      sort = true
    }
  }
  path "/none/**" {
    key {
      query = "none"
    }
  }
}
log {
  access = "off"
}
`

// TestKeys asks for one URL and then for another: which of them share what is
// stored?
func TestKeys(t *testing.T) {
	o := newOrigin(t)
	c := newClock(noon)
	o.begin(c)
	o.change(func() {
		o.resources[""] = &resource{status: 200, size: 10, control: hour(), modified: absent, expires: absent, age: absent, version: 1}
	})
	n := newNode(t, confKeys, o, c)
	defer n.Close()
	a := asker{t, &client{address: n.Address}}
	defer a.close()
	for _, x := range []struct {
		first, second string // "host path [field: value]"
		same          bool
	}{
		// Fields that do not say which response is wanted.
		{"a.test /1", "a.test /1 User-Agent: x", true},
		{"a.test /2", "a.test /2 Accept: text/html", true},
		{"a.test /3", "a.test /3 Referer: http://b.test/", true},
		{"a.test /4", "a.test /4 Sec-Fetch-Mode: cors", true},
		{"a.test /5", "a.test /5 X-Unknown: 1", true},
		{"a.test /6 Accept-Language: en", "a.test /6 Accept-Language: de", true},

		// Names of hosts have no case, and one port needs no name (RFC 9110
		// section 4.2.3).
		{"a.test /10", "A.Test /10", true},
		{"a.test /11", "a.test:80 /11", true},
		{"a.test /12", "b.test /12", false},
		{"a.test /13", "a.test.b.test /13", false},

		// Each byte of a path counts, but for how it is escaped (section 4.2.3).
		{"a.test /20", "a.test /21", false},
		{"a.test /22", "a.test /22/", false},
		{"a.test /a23", "a.test /A23", false},
		{"a.test /a24", "a.test /%6124", true},
		{"a.test /25/./x", "a.test /25/x", true},

		// So does each byte of a query.
		{"a.test /30", "a.test /30?", false},
		{"a.test /31?a", "a.test /31?a=", false},
		{"a.test /32?a=1", "a.test /32?a=2", false},
		{"a.test /33?a=1&b=2", "a.test /33?b=2&a=1", false},
		{"a.test /34?a=1", "a.test /34?A=1", false},
		{"a.test /35?a=1", "a.test /35?a=1&a=1", false},

		// Rules of the key.
		{"a.test /drop/40?a=1&utm=x", "a.test /drop/40?a=1&utm=y", true},
		{"a.test /drop/41?a=1&utm=x", "a.test /drop/41?a=1", true},
		{"a.test /drop/42?a=1&utm=x", "a.test /drop/42?a=2&utm=x", false},
		{"a.test /drop/43?utms=1", "a.test /drop/43?utms=2", false},
		{"a.test /sort/50?a=1&b=2", "a.test /sort/50?b=2&a=1", true},
		{"a.test /sort/51?a=1&b=2", "a.test /sort/51?a=2&b=1", false},
		{"a.test /none/60?a=1", "a.test /none/60?b=2", true},
		{"a.test /none/61?a=1", "a.test /none/62?a=1", false},
	} {
		t.Run(x.first+" and "+x.second, func(t *testing.T) {
			if got := a.written(t, x.first); got != "fwd=uri-miss" {
				t.Fatalf("the first is %q", got)
			}
			n.rest()
			want := "fwd=uri-miss"
			if x.same {
				want = "hit"
			}
			if got := a.written(t, x.second); got != want {
				t.Errorf("the second is %q, not %q", got, want)
			}
			n.rest()
		})
	}
}

func hour() *control {
	return &control{maxAge: 3600, sMaxAge: absent, revalidate: absent, ifError: absent}
}

// written sends a request in the form of TestKeys and says what became of it.
func (a asker) written(t *testing.T, text string) string {
	t.Helper()
	parts := strings.SplitN(text, " ", 4)
	q := &request{method: "GET", host: parts[0], path: parts[1], since: absent}
	lines := q.fields()
	if len(parts) == 4 {
		lines = append(lines, strings.TrimSuffix(parts[2], ":"), parts[3])
	}
	r, err := a.ask(q, lines)
	if err != nil {
		t.Fatal(err)
	}
	if r.status != 200 {
		t.Fatalf("status is %d", r.status)
	}
	return member(r)
}

// One byte more, less or other in a target is another key, unless the two are
// one URL.
func TestOneByteIsAnotherKey(t *testing.T) {
	o := newOrigin(t)
	c := newClock(noon)
	o.begin(c)
	o.change(func() {
		o.resources[""] = &resource{status: 200, size: 1, control: hour(), modified: absent, expires: absent, age: absent, version: 1}
	})
	n := newNode(t, confKeys, o, c)
	defer n.Close()
	letters := rapid.SampledFrom([]byte("abAB019-_~!$&'()*+,;=:@"))
	serial := 0
	check(t, 300, func(rt *rapid.T) {
		serial++
		a := asker{rt, &client{address: n.Address}}
		defer a.close()
		path := rapid.SliceOfN(letters, 1, 12).Draw(rt, "path")
		other := append([]byte(nil), path...)
		i := rapid.IntRange(0, len(path)-1).Draw(rt, "at")
		switch b := letters.Draw(rt, "byte"); rapid.IntRange(0, 2).Draw(rt, "change") {
		case 0:
			other[i] = b
		case 1:
			other = append(other[:i], other[i+1:]...)
		case 2:
			other = append(other[:i:i], append([]byte{b}, other[i:]...)...)
		}
		prefix := "/x" + strings.Repeat("y", serial%7) + "z" + oneOf(rt, "where", "/", "/?") + itoa(serial) + "."
		want := "fwd=uri-miss"
		if string(path) == string(other) {
			want = "hit"
		}
		a.get(&request{method: "GET", host: "a.test", path: prefix + string(path), since: absent}, 200)
		n.rest()
		r := a.get(&request{method: "GET", host: "a.test", path: prefix + string(other), since: absent}, 200)
		n.rest()
		if got := member(r); got != want {
			rt.Fatalf("%s%s and %s%s: %q, not %q", prefix, path, prefix, other, got, want)
		}
	})
}
