package semantics

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"brink/edge/wire"
)

func TestParseRange(t *testing.T) {
	many := func(n int) string { return "bytes=" + strings.TrimSuffix(strings.Repeat("0-0,", n), ",") }
	for _, c := range []struct {
		v    string
		size int64
		want string
	}{
		// RFC 9110 section 14.1.2.
		{"bytes=0-499", 10000, "[0+500]"},
		{"bytes=500-999", 10000, "[500+500]"},
		{"bytes=-500", 10000, "[9500+500]"},
		{"bytes=9500-", 10000, "[9500+500]"},
		{"bytes=0-0,-1", 10000, "[0+1 9999+1]"},
		{"bytes= 0-999, 4500-5499, -1000", 10000, "[0+1000 4500+1000 9000+1000]"},
		{"BYTES=0-0", 10, "[0+1]"},
		{"bytes=0-", 10, "[0+10]"},
		{"bytes=0-99", 10, "[0+10]"},
		{"bytes=9-9", 10, "[9+1]"},
		{"bytes=-20", 10, "[0+10]"},
		{"bytes=,0-0,,2-2,", 10, "[0+1 2+1]"},
		{"bytes=0-18446744073709551616", 10, "[0+10]"},
		{"bytes=-99999999999999999999999", 10, "[0+10]"},
		{"bytes=007-0008", 10, "[7+2]"},
		// RFC 9110 section 15.5.17: nothing that can be satisfied.
		{"bytes=10-", 10, "unsatisfiable"},
		{"bytes=10-20", 10, "unsatisfiable"},
		{"bytes=-0", 10, "unsatisfiable"},
		{"bytes=99999999999999999999999-", 10, "unsatisfiable"},
		{"bytes=10-, 20-", 10, "unsatisfiable"},
		{"bytes=10-,0-0", 10, "[0+1]"},
		// RFC 9110 section 14.2: what is malformed, or of another unit, is ignored.
		{"", 10, "none"},
		{"bytes", 10, "none"},
		{"bytes=", 10, "none"},
		{"bytes=,", 10, "none"},
		{"bytes=cow", 10, "none"},
		{"bytes=-", 10, "none"},
		{"bytes=1", 10, "none"},
		{"bytes=5-4", 10, "none"},
		{"bytes=0-0,5-4", 10, "none"},
		{"bytes=20-,x", 10, "none"},
		{"bytes=0-1-2", 10, "none"},
		{"bytes=--1", 10, "none"},
		{"bytes=+1-2", 10, "none"},
		{"bytes=0x1-2", 10, "none"},
		{"bytes=0 -1", 10, "none"},
		{"bytes =0-1", 10, "none"},
		{"items=0-1", 10, "none"},
		{"bytes:0-1", 10, "none"},
		{"bytes=0-1;2-3", 10, "none"},
		// An empty representation has no byte to name in Content-Range.
		{"bytes=0-", 0, "none"},
		{"bytes=-5", 0, "none"},
		// RFC 9110 section 17.15: overlapping and adjacent ranges are joined, in the order asked.
		{"bytes=0-4,2-6", 10, "[0+7]"},
		{"bytes=0-4,5-6", 10, "[0+7]"},
		{"bytes=0-3,5-6", 10, "[0+4 5+2]"},
		{"bytes=8-9,0-1", 10, "[8+2 0+2]"},
		{"bytes=8-9,0-1,2-7", 10, "[0+10]"},
		{"bytes=5-5,0-0,4-6", 10, "[4+3 0+1]"},
		{"bytes=0-,0-,0-", 10, "[0+10]"},
		{"bytes=0-0,2-2,4-4,1-1,3-3", 10, "[0+5]"},
		{"bytes=6-6,4-4,2-2,0-0,5-5", 10, "[4+3 2+1 0+1]"},
		{many(16), 10, "[0+1]"},
		{many(17), 10, "none"},
		{many(1000), 10, "none"},
	} {
		spans, result := parseRange([]byte(c.v), c.size, nil)
		if got := rangeText(spans, result); got != c.want {
			t.Errorf("%q of %d: %s, want %s", c.v, c.size, got, c.want)
		}
	}
}

func rangeText(spans []Span, result rangeResult) string {
	switch result {
	case RangeNone:
		return "none"
	case RangeUnsatisfiable:
		return "unsatisfiable"
	}
	var b []string
	for _, s := range spans {
		b = append(b, fmt.Sprintf("%d+%d", s.First, s.Length))
	}
	return "[" + strings.Join(b, " ") + "]"
}

// naiveRange marks the asked bytes one by one: an oracle for parseRange. ok is
// false where the field is to be ignored.
func naiveRange(v string, size int) (asked []bool, ok bool) {
	if len(v) < 6 || !strings.EqualFold(v[:6], "bytes=") || size == 0 {
		return nil, false
	}
	asked = make([]bool, size)
	specs := 0
	for _, spec := range strings.Split(v[6:], ",") {
		if spec = strings.Trim(spec, " \t"); spec == "" {
			continue
		}
		specs++
		from, to, dash := strings.Cut(spec, "-")
		if !dash || from+to == "" || strings.Trim(from+to, "0123456789") != "" {
			return nil, false
		}
		a, last := naiveNumber(from), naiveNumber(to)
		switch {
		case from == "":
			a, last = max(0, size-last), size-1
		case to == "":
			last = size - 1
		case a > last:
			return nil, false
		}
		for i := a; i < size && i <= last; i++ {
			asked[i] = true
		}
	}
	return asked, specs > 0 && specs <= 16
}

// naiveNumber is at most the largest int.
func naiveNumber(s string) int {
	n, _ := strconv.ParseInt(s, 10, 64)
	return int(n)
}

func FuzzRange(f *testing.F) {
	for _, v := range []string{"bytes=0-4,2-6", "bytes=-5", "bytes=3-", "bytes=9-1", "bytes=0-0 , ,-1", "bytes=1-1,3-3,5-5,2-4"} {
		f.Add(v, uint8(10))
	}
	f.Fuzz(func(t *testing.T, v string, size uint8) {
		checkRange(t, v, int(size))
	})
}

// TestRangeOracle runs the oracle over random lists of small ranges.
func TestRangeOracle(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 20000 {
		size := rng.IntN(24)
		var specs []string
		for range 1 + rng.IntN(8) {
			a, b := rng.IntN(26), rng.IntN(26)
			specs = append(specs, []string{fmt.Sprintf("%d-%d", min(a, b), max(a, b)), fmt.Sprintf("%d-", a), fmt.Sprintf("-%d", a)}[rng.IntN(3)])
		}
		checkRange(t, "bytes="+strings.Join(specs, ","), size)
	}
}

func checkRange(t *testing.T, v string, size int) {
	t.Helper()
	asked, ok := naiveRange(v, size)
	spans, result := parseRange([]byte(v), int64(size), nil)
	if !ok {
		if result != RangeNone || len(spans) != 0 {
			t.Fatalf("%q of %d: %s, want none", v, size, rangeText(spans, result))
		}
		return
	}
	got := make([]bool, size)
	for _, s := range spans {
		if s.First < 0 || s.Length < 1 || s.end() > int64(size) {
			t.Fatalf("%q of %d: span %v outside", v, size, s)
		}
		for i := s.First; i < s.end(); i++ {
			if got[i] {
				t.Fatalf("%q of %d: byte %d twice", v, size, i)
			}
			got[i] = true
		}
		for _, u := range spans {
			if u.end() == s.First {
				t.Fatalf("%q of %d: spans adjoin: %v", v, size, spans)
			}
		}
	}
	want := RangeUnsatisfiable
	if slices.Contains(asked, true) {
		want = RangeSome
	}
	if result != want || !slices.Equal(got, asked) {
		t.Fatalf("%q of %d: %s, want %v", v, size, rangeText(spans, result), asked)
	}
}

func TestAsksRange(t *testing.T) {
	for _, c := range []struct {
		value string
		want  bool
	}{
		{"bytes=0-0", true},
		{"bytes=5-", true},
		{"bytes=-5", true},
		{"Bytes=0-0", true},
		{"bytes=0-0, 2-3", false},
		{"bytes=0-,", false},
		{"bytes=9223372036854775807-", true},
		{"bytes=cow", false},
		{"bytes=5-4", false},
		{"bytes=", false},
		{"lines=0-0", false},
		{"bytes=" + strings.Repeat("0-0,", 17), false},
		{"", false},
	} {
		f := new(wire.Fields)
		f.AppendID(wire.Range, []byte(c.value))
		if got := AsksRange(f); got != c.want {
			t.Errorf("%q: %t", c.value, got)
		}
	}
	if AsksRange(new(wire.Fields)) {
		t.Error("no field asks for a range")
	}
}
