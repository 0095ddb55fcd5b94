package semantics

import (
	"os"
	"slices"
	"strings"
	"testing"

	"brink/edge/wire"
	"brink/purge"
	"brink/store"
)

// The table of conf/README.md says which stale responses are served.
func TestStaleTable(t *testing.T) {
	page, err := os.ReadFile("../../conf/README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "<!-- stale: checked by edge/semantics -->\n")
	table, _, _ = strings.Cut(table, "<!-- end -->")
	lines := strings.Split(strings.TrimSpace(table), "\n")
	if len(lines) != 13 {
		t.Fatalf("%d lines:\n%s", len(lines), table)
	}
	for _, line := range lines[2:] {
		cells := strings.Split(strings.Trim(line, "| "), " | ")
		said, given, _ := strings.Cut(cells[0], "and ")
		said = strings.Trim(said, "`, ")
		if said == "nothing" {
			said = ""
		}
		if got := staleCells(said, strings.TrimSuffix(given, " is given")); !slices.Equal(got, cells[1:]) {
			t.Errorf("%s: %s, but served are %v", cells[0], cells[1:], got)
		}
	}
}

// staleCells says for each setting whether it has a response served that is stale for
// half of its time.
func staleCells(said, given string) (cells []string) {
	const minute = 60 * store.Second
	window, lasts := minute, minute
	for i := range 4 {
		rules := new(Rules)
		switch given {
		case "`ttl`":
			rules.TTL = &lasts
		case "`ttl` with `store_no_cache`":
			rules.TTL, rules.StoreNoCache = &lasts, true
		case "`default_ttl`":
			rules.Default = &lasts
		case "":
		default:
			return []string{"unknown setting " + given}
		}
		failure, status := Answered, 503
		switch i {
		case 0:
			rules.StaleWhileRevalidate = &window
		case 1:
			rules.StaleIfError = &window
		case 2, 3:
			rules.IfUnreachable, rules.UnreachableSaid = window, i == 3
			failure, status = Unreachable, 0
		}
		var f wire.Fields
		if said != "" {
			f.Append([]byte("Cache-Control"), []byte(said))
		}
		l := lifetimeOf(&Response{Status: 200, Fields: &f}, false, rules, Times{Asked: testNow, Answered: testNow})
		now := l.Fresh + window/2
		served := Judge(&l, new(Directives), rules, purge.Untouched, now).Use == StaleRefresh
		if i > 0 {
			served = UsableOnError(&l, status, failure, new(Directives), rules, purge.Untouched, now)
		}
		cells = append(cells, map[bool]string{true: "yes", false: "no"}[served])
	}
	return cells
}
