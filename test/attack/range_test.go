package attack

import (
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
)

// ranger is an origin with one long page that honours ranges to the letter,
// all of them, as often as they are asked for.
type ranger struct {
	page string
	sent atomic.Int64 // bytes of content
}

func (o *ranger) serve(a *answer, q *seen) {
	const lines = "Cache-Control: max-age=600\r\nETag: \"x\"\r\nAccept-Ranges: bytes\r\n"
	set, ok := strings.CutPrefix(q.fields.get("Range"), "bytes=")
	if !ok {
		o.reply(a, q, "200 OK", lines, o.page)
		return
	}
	var parts []string
	for spec := range strings.SplitSeq(set, ",") {
		from, to := o.span(strings.TrimSpace(spec))
		where := fmt.Sprintf("Content-Range: bytes %d-%d/%d\r\n", from, to-1, len(o.page))
		if !strings.Contains(set, ",") {
			o.reply(a, q, "206 Partial Content", lines+where, o.page[from:to])
			return
		}
		parts = append(parts, "--b\r\n"+where+"\r\n"+o.page[from:to]+"\r\n")
	}
	o.reply(a, q, "206 Partial Content", lines+"Content-Type: multipart/byteranges; boundary=b\r\n", strings.Join(parts, "")+"--b--\r\n")
}

func (o *ranger) reply(a *answer, q *seen, status, lines, body string) {
	o.sent.Add(int64(len(body)))
	a.reply(q, status, lines, body)
}

func (o *ranger) span(spec string) (from, to int) {
	first, last, _ := strings.Cut(spec, "-")
	size := len(o.page)
	n, err := strconv.Atoi(last)
	switch {
	case first == "":
		return max(0, size-n), size
	case err != nil:
		n = size - 1
	}
	from, _ = strconv.Atoi(first)
	return min(from, size-1), min(n+1, size)
}

// TestRanges asks for more than there is, by parts (CVE-2011-3192, RFC 9110
// section 17.15), of a stored page and of one that is not.
func TestRanges(t *testing.T) {
	t.Parallel()
	o := &ranger{page: strings.Repeat("0123456789abcdef", 8<<10)}
	size := len(o.page)
	w := newWorld(t, setup{routes: []route{{prefix: "/r/", serve: o.serve}}})
	const mark = 200 // bytes around a part
	for _, set := range []string{
		strings.Repeat("0-,", 999) + "0-", strings.Repeat("0-,", 15) + "0-", strings.Repeat("0-,", 16) + "0-", strings.Repeat("0-0,", 999) + "0-0",
		strings.Repeat("0-0,-1,", 500) + "0-0", strings.Repeat("-131072,", 15) + "-131072", "0-,1-,2-,3-,4-", "0-65536,32768-98304,1-131071", strings.Repeat("5-10,", 12) + "0-",
		everyOther(1000), everyOther(17), everyOther(16), "0-0,131071-131071", "131071-,0-0,-1", strings.Repeat(",", 1000) + "0-0", "0-0" + strings.Repeat(" , ", 1000),
		"0-99999999999999999999", "-99999999999999999999", "99999999999999999999-", "0-0,99999999999999999999-",
	} {
		t.Run(fmt.Sprintf("E02/%.30s of %d", set, strings.Count(set, ",")+1), func(t *testing.T) {
			t.Parallel()
			target := "/r/" + newMark()
			for _, state := range []string{"cold", "again", "warm"} {
				if state == "warm" {
					w.get(t, target)
				}
				r := w.get(t, target, "Range: bytes="+set+"\r\n")
				if !oneOf(r.status, []int{200, 206, 416}) || r.length > size+16*mark {
					t.Fatalf("%s: answered %d with %d bytes of %d", state, r.status, r.length, size)
				}
				if r.status == 200 && r.body != o.page {
					t.Errorf("%s: the page is another", state)
				}
			}
			for _, q := range w.origin.of(marked(target)) {
				if asked := q.fields.get("Range"); strings.Contains(asked, ",") {
					t.Errorf("E04: the origin was asked for %.60s", asked)
				}
			}
		})
	}
}

// everyOther lists n ranges that neither overlap nor adjoin.
func everyOther(n int) string {
	var set []string
	for i := range n {
		set = append(set, fmt.Sprintf("%d-%d", 4*i, 4*i))
	}
	return strings.Join(set, ",")
}

// TestRangeAmplification asks for one byte of a large page under ever new URLs:
// the origin must not have to send all of it each time.
func TestRangeAmplification(t *testing.T) {
	t.Parallel()
	o := &ranger{page: strings.Repeat("0123456789abcdef", 10<<16)}
	w := newWorld(t, setup{routes: []route{{prefix: "/r/", serve: o.serve}}})
	var got int64
	for i, set := range []string{"0-0", "-1", "5000000-5000000", "0-99", "10485759-"} {
		for n := range 20 {
			r := w.get(t, fmt.Sprintf("/r/%s?cb=%d.%d", newMark(), i, n), "Range: bytes="+set+"\r\n")
			if r.status != 206 {
				t.Fatalf("E03: answered %+v", r)
			}
			got += int64(r.length)
		}
	}
	const slice = 1 << 20
	if sent := o.sent.Load(); sent > 2*got+slice {
		t.Errorf("E03: the origin sent %d bytes for %d", sent, got)
	}
}
