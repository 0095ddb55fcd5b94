package semantics

import (
	"bytes"
	"net/http"
	"testing"
	"time"
)

func TestParseDate(t *testing.T) {
	const y2050 = 2544400878 // Thu, 18 Aug 2050 02:01:18 GMT
	for _, c := range []struct {
		date string
		want int64 // -1: invalid
	}{
		// RFC 9110 section 5.6.7: three forms.
		{"Sun, 06 Nov 1994 08:49:37 GMT", 784111777},
		{"Sunday, 06-Nov-94 08:49:37 GMT", 784111777},
		{"Sun Nov  6 08:49:37 1994", 784111777},
		{"Sun Nov 16 08:49:37 1994", 784975777},
		{"Thu, 18 Aug 2050 02:01:18 GMT", y2050},
		{"Thursday, 18-Aug-50 02:01:18 GMT", y2050},
		{"Thu Aug 18 02:01:18 2050", y2050},
		{"Thu, 01 Jan 1970 00:00:00 GMT", 0},
		{"Thursday, 01-Jan-70 00:00:00 GMT", 0},
		{"Tue, 19 Jan 2038 03:14:08 GMT", 1 << 31},
		{"Fri, 31 Dec 9999 23:59:59 GMT", 253402300799},
		{"Sat, 01 Jan 0000 00:00:00 GMT", -62167219200},
		{"Thu, 29 Feb 2024 00:00:00 GMT", 1709164800},
		{"Tue, 29 Feb 2000 00:00:00 GMT", 951782400},
		{"Sat, 31 Dec 2016 23:59:60 GMT", 1483228800}, // a leap second
		{"Mon, 06 Nov 1994 08:49:37 GMT", 784111777},  // the wrong day

		// RFC 9111 section 4.2: compared without case.
		{"THU, 18 Aug 2050 02:01:18 GMT", y2050},
		{"Thu, 18 AUG 2050 02:01:18 GMT", y2050},
		{"Thu, 18 Aug 2050 02:01:18 gMT", y2050},

		// RFC 9111 section 5.3: what is invalid is in the past; never repaired.
		{"", -1},
		{"0", -1},
		{"-1", -1},
		{"Thu, 18 Aug 2050 02:01:18 UTC", -1},
		{"Thu, 18 Aug 2050 02:01:18 AEST", -1},
		{"Thu, 18 Aug 2050 02:01:18 +0000", -1},
		{"Thu, 18 Aug 2050 02:01:18", -1},
		{"Thu, 18 Aug 50 02:01:18 GMT", -1},
		{"Thu 18 Aug 2050 02:01:18 GMT", -1},
		{"Thu, 18  Aug  2050 02:01:18 GMT", -1},
		{"Thu, 18-Aug-2050 02:01:18 GMT", -1},
		{"Thu, 18 Aug 2050 02.01.18 GMT", -1},
		{"Thu, 18 Aug 2050 2:01:18 GMT", -1},
		{"Thu, 8 Aug 2050 02:01:18 GMT", -1},
		{"Thu, 1x Aug 2050 02:01:18 GMT", -1},
		{"Thu, 18 Aug 2050 02:01:-1 GMT", -1},
		{"Thu, 00 Aug 2050 02:01:18 GMT", -1},
		{"Thu, 32 Aug 2050 02:01:18 GMT", -1},
		{"Wed, 29 Feb 2023 00:00:00 GMT", -1},
		{"Thu, 29 Feb 1900 00:00:00 GMT", -1},
		{"Thu, 31 Apr 2050 00:00:00 GMT", -1},
		{"Thu, 18 Aug 2050 24:01:18 GMT", -1},
		{"Thu, 18 Aug 2050 02:60:18 GMT", -1},
		{"Thu, 18 Aug 2050 02:01:61 GMT", -1},
		{"Foo, 18 Aug 2050 02:01:18 GMT", -1},
		{"Thu, 18 Foo 2050 02:01:18 GMT", -1},
		{"Thu, 18 Aug 2050 02:01:18 GMT, Thu, 18 Aug 2050 02:01:18 GMT", -1},
		{"Thu, 18 Aug 2050 02:01:18 GMT ", -1},
		{"Sunday, 06-Nov-1994 08:49:37 GMT", -1},
		{"Sun, 06-Nov-94 08:49:37 GMT", -1},
		{"Sun Nov 6 08:49:37 1994", -1},
		{"Tue 19 Jan 2038 14:14:08 GMT", -1},
	} {
		got, ok := parseDate([]byte(c.date))
		if !ok {
			got = -1
		}
		if got != c.want {
			t.Errorf("%q: %d, want %d", c.date, got, c.want)
		}
	}
}

func TestAppendDate(t *testing.T) {
	for _, c := range []struct {
		unix int64
		want string
	}{
		{784111777, "Sun, 06 Nov 1994 08:49:37 GMT"},
		{0, "Thu, 01 Jan 1970 00:00:00 GMT"},
		{-1, "Wed, 31 Dec 1969 23:59:59 GMT"},
		{1 << 62, "Fri, 31 Dec 9999 23:59:59 GMT"},
		{-1 << 62, "Sat, 01 Jan 0000 00:00:00 GMT"},
	} {
		if got := string(AppendDate(nil, c.unix)); got != c.want {
			t.Errorf("%d: %s, want %s", c.unix, got, c.want)
		}
	}
	// Across the years 0 to 9999, as package time has it.
	for unix := int64(-62167219200); unix < 253402300800; unix += 29*86400 + 61 {
		want := time.Unix(unix, 0).UTC().Format(http.TimeFormat)
		if got := string(AppendDate(nil, unix)); got != want {
			t.Fatalf("%d: %s, want %s", unix, got, want)
		}
		if back, ok := parseDate([]byte(want)); !ok || back != unix {
			t.Fatalf("%s: %d, want %d", want, back, unix)
		}
	}
}

// FuzzDate: what is accepted, net/http accepts too, and agrees; but for
// letters' case, which it minds in zones, leap seconds, which it refuses, and
// the year '69, which it puts before the epoch.
func FuzzDate(f *testing.F) {
	for _, s := range []string{
		"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Thu, 29 Feb 2024 00:00:00 gmt", "0",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got, ok := parseDate(b)
		if !ok || bytes.Contains(b, []byte(":60")) || bytes.Contains(b, []byte("-69 ")) {
			return
		}
		upper := bytes.Clone(b)
		if n := len(upper) - 3; n > 0 && bytes.EqualFold(upper[n:], []byte("gmt")) {
			copy(upper[n:], "GMT")
		}
		want, err := http.ParseTime(string(upper))
		if err != nil || want.Unix() != got {
			t.Errorf("%q: %d, net/http says %v, %v", b, got, want, err)
		}
	})
}
