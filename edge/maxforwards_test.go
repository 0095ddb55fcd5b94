package edge

import "testing"

// RFC 9110 section 7.6.2.
func TestMaxForwards(t *testing.T) {
	r := newRig(t, "", always(200, "origin"))
	for _, c := range []struct {
		method, target, value string
		status                int
		forwarded             string
	}{
		{"OPTIONS", "/a", "0", 204, ""},
		{"OPTIONS", "*", "0", 204, ""},
		{"OPTIONS", "/a", "1", 200, "0"},
		{"OPTIONS", "*", "10", 200, "9"},
		{"OPTIONS", "/a", "x", 200, "x"},
		{"OPTIONS", "/a", "-1", 200, "-1"},
		{"OPTIONS", "/a", "99999999999999999999", 200, "99999999999999999999"},
		{"POST", "/a", "0", 200, "0"},
	} {
		asked := len(r.origin.all())
		g := r.do(c.method, c.target, "Max-Forwards: "+c.value)
		if g.status != c.status || (g.field("Allow") != "") != (c.status == 204) {
			t.Errorf("%s %s %s: %d %v", c.method, c.target, c.value, g.status, g.fields)
		}
		all := r.origin.all()
		if c.status == 204 && len(all) != asked {
			t.Errorf("%s is forwarded", c.value)
		}
		if c.status == 200 && all[len(all)-1].field("Max-Forwards") != c.forwarded {
			t.Errorf("%s: forwarded %q", c.value, all[len(all)-1].field("Max-Forwards"))
		}
	}
}
