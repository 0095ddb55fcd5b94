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
		got[f.GetName()] = f.GetMetric()[0].GetGauge().GetValue()
	}
	want := map[string]float64{
		"brink_purge_seq": 3, "brink_purge_rules": 2, "brink_purge_floor": 2, "brink_purge_durable": 1,
		"brink_purge_journal_bytes": float64(l.Stats().Bytes),
	}
	if !maps.Equal(got, want) || l.Stats().Bytes == 0 {
		t.Errorf("got %v, want %v", got, want)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}
