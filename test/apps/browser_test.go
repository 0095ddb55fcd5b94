package apps

import (
	"encoding/json"
	"os"
	"os/exec"
	"testing"
)

// browsed is what Chromium got.
type browsed struct {
	URL     string
	Status  int
	Browser bool   // from the browser's own cache
	Cache   string // Cache-Status
}

// browse has Chromium visit pages, as somebody who was never there.
func (f *front) browse(t *testing.T, pages []string) (answers []browsed) {
	t.Helper()
	installNpm(t, "browser")
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal(err)
	}
	profile, err := os.MkdirTemp("", "browse")
	if err != nil {
		t.Fatal(err)
	}
	// Processes that Chromium leaves behind write to it for a moment more.
	defer func() { _ = os.RemoveAll(profile) }()
	order, err := json.Marshal(map[string]any{
		"executable": chromium, "profile": profile, "address": f.Address, "host": f.host, "pages": pages, "cookies": analytics(),
	})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("node", "visit.mjs", string(order))
	cmd.Dir = "browser"
	if err := json.Unmarshal(run(t, cmd), &answers); err != nil {
		t.Fatal(err)
	}
	return answers
}

// browseTwice has Chromium visit pages, and then again as another person. It
// returns what became of the second one's requests, of which at least the given
// share must be from the cache.
func (f *front) browseTwice(t *testing.T, pages []string, percent float64) tally {
	t.Helper()
	f.browse(t, pages)
	from := len(f.requests(0))
	answers := f.browse(t, pages)
	requests := f.requests(from)
	second := count(requests)
	if second.requests < len(pages) {
		t.Errorf("the second visit of %d pages made %d requests", len(pages), second.requests)
	}
	for _, a := range answers {
		if a.Status >= 400 {
			t.Errorf("Chromium got %d for %s (%s)", a.Status, a.URL, a.Cache)
		}
	}
	if second.ratio() < percent {
		t.Errorf("%.1f %% of the second visit's %d requests were answered from the cache: %s", second.ratio(), second.requests, second.reasons())
		for _, r := range requests {
			if r.Outcome != "hit" && r.Outcome != "stale" {
				t.Logf("%s %s: %s %s %s", r.Method, r.URL, r.Outcome, r.Reason, r.Store)
			}
		}
	}
	return second
}
