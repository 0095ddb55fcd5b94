package attack

import (
	"encoding/json"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// footprint is what a node holds.
type footprint struct{ goroutines, descriptors, resident int }

var goroutineTotal = regexp.MustCompile(`goroutine profile: total (\d+)`)

func (w *world) footprint(t testing.TB) (f footprint) {
	t.Helper()
	m := goroutineTotal.FindStringSubmatch(w.admin(t, "/debug/pprof/goroutine?debug=1"))
	if m == nil {
		t.Fatal("the goroutine profile has no total")
	}
	f.goroutines, _ = strconv.Atoi(m[1])
	proc := filepath.Join("/proc", strconv.Itoa(w.node.Cmd.Process.Pid))
	open, err := os.ReadDir(filepath.Join(proc, "fd"))
	if err != nil {
		t.Fatal(err)
	}
	f.descriptors = len(open)
	for line := range strings.Lines(readFile(t, filepath.Join(proc, "status"))) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			f.resident, _ = strconv.Atoi(strings.Fields(rest)[0])
			f.resident <<= 10
		}
	}
	return f
}

// spare is by how much a node at rest may differ from one that was just
// started: an admin connection, a goroutine of the runtime.
const spare = 6

// settle checks, when all is over, that the node holds no more than at its
// start, and that its log, its clients and its origin tell the same story.
func (w *world) settle(t *testing.T) {
	if t.Failed() {
		return
	}
	w.canary(t, 3)
	var now footprint
	for until := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		now = w.footprint(t)
		if now.goroutines <= w.before.goroutines+spare && now.descriptors <= w.before.descriptors+spare {
			break
		}
		if time.Now().After(until) {
			t.Errorf("the node holds %+v at the end, %+v at the start:\n%s", now, w.before, w.admin(t, "/debug/pprof/goroutine?debug=1"))
			break
		}
	}
	w.node.Stop(t)
	if out := w.node.Output(); strings.Contains(out, "msg=panic") {
		t.Errorf("the node panicked:\n%s", out)
	}
	lines := w.log(t)
	w.checkAnswers(t, lines)
	w.checkForwarded(t, lines)
	w.checkOrigin(t)
	if w.inspect != nil {
		w.inspect(lines)
	}
}

// line is a line of the access log.
type line struct {
	URL       string `json:"url"`
	Status    int    `json:"status"`
	Outcome   string `json:"outcome"`
	FwdStatus *int   `json:"fwd_status"`
	UserAgent string `json:"user_agent"`
	Truncated bool   `json:"truncated"`
}

// log reads the access log, every line of which must be JSON in ASCII.
func (w *world) log(t testing.TB) (list []line) {
	t.Helper()
	for text := range strings.Lines(readFile(t, filepath.Join(w.node.Dir, "access.log"))) {
		var l line
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatalf("line %.200q of the access log: %v", text, err)
		}
		if strings.ContainsFunc(strings.TrimSuffix(text, "\n"), func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Fatalf("line %.200q of the access log has controls", text)
		}
		list = append(list, l)
	}
	return list
}

// checkAnswers compares the log with what clients got: one line a request.
func (w *world) checkAnswers(t *testing.T, lines []line) {
	logged := map[int]int{}
	for _, l := range lines {
		logged[l.Status]++
	}
	spread := 0
	for status, n := range w.mu.answers {
		spread += logged[status] - n
		if logged[status] < n {
			t.Errorf("%d answers with status %d, %d lines in the log", n, status, logged[status])
		}
		delete(logged, status)
	}
	for _, n := range logged {
		spread += n
	}
	if spread > w.mu.abandoned {
		t.Errorf("the log has %d lines more than there were answers, and %d requests were abandoned", spread, w.mu.abandoned)
	}
}

// checkForwarded compares the log with what the origin got, by path: a rule may
// take parameters away.
func (w *world) checkForwarded(t *testing.T, lines []line) {
	logged, forwarded, got := map[string]int{}, map[string]int{}, map[string]int{}
	for _, l := range lines {
		target, _, _ := strings.Cut(targetOf(l.URL), "?")
		logged[target]++
		if l.FwdStatus != nil {
			forwarded[target]++
		}
	}
	w.origin.mu.Lock()
	defer w.origin.mu.Unlock()
	for target, n := range w.origin.mu.targets {
		target, _, _ = strings.Cut(target, "?")
		got[target] += n
	}
	for target, n := range got {
		if logged[target] == 0 {
			t.Errorf("the origin got %q, of which the log knows nothing", target)
		}
		if !w.loose && forwarded[target] != n {
			t.Errorf("the origin got %q %d times, the log says %d", target, n, forwarded[target])
		}
		delete(forwarded, target)
	}
	if !w.loose && len(forwarded) > 0 {
		t.Errorf("the origin never got %q", slices.Sorted(maps.Keys(forwarded)))
	}
}

// targetOf cuts scheme and host off a logged URL.
func targetOf(logged string) string {
	if _, rest, ok := strings.Cut(logged, "://"); ok {
		if i := strings.IndexByte(rest, '/'); i >= 0 {
			return rest[i:]
		}
		return strings.TrimLeft(rest, "abcdefghijklmnopqrstuvwxyz0123456789.:-")
	}
	return logged
}

// checkOrigin says what the origin could not make sense of, and what reached
// it that was only ever sent as content.
func (w *world) checkOrigin(t *testing.T) {
	w.origin.mu.Lock()
	defer w.origin.mu.Unlock()
	for _, fault := range w.origin.mu.faults {
		t.Errorf("the origin was sent %s", fault)
	}
	for target := range w.origin.mu.targets {
		if decoded, err := url.PathUnescape(target); strings.Contains(target, "smuggled") || err == nil && strings.Contains(decoded, "smuggled") {
			t.Errorf("the origin got %q", target)
		}
	}
}
