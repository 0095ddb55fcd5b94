package purge

import (
	"maps"
	"path/filepath"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

func TestMetrics(t *testing.T) {
	l, lost := Open(filepath.Join(t.TempDir(), "purges"), 1, 0, 0)
	if lost != nil {
		t.Fatal(lost)
	}
	purge := func(rules ...Rule) {
		if _, err := l.Purge(t.Context(), rules...); err != nil {
			t.Fatal(err)
		}
	}
	purge(Rule{Kind: Host, ID: ID{1, 2}}, Rule{Kind: Tag, ID: ID{3, 4}})
	l.Doubt()
	purge(Rule{Kind: Host, ID: ID{1, 2}})
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(Collector(l))
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, f := range families {
		m := f.GetMetric()[0]
		got[f.GetName()] = m.GetGauge().GetValue() + m.GetCounter().GetValue()
	}
	want := map[string]float64{
		"brink_purge_seq": 3, "brink_purge_rules": 2, "brink_purge_floor": 2, "brink_purge_durable": 1,
		"brink_purge_journal_bytes": float64(l.Stats().Bytes), "brink_purge_rules_limit": maxLimit, "brink_purge_rules_dropped_total": 0,
	}
	if !maps.Equal(got, want) || l.Stats().Bytes == 0 {
		t.Errorf("got %v, want %v", got, want)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}
