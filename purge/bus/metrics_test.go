package bus

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

func TestMetrics(t *testing.T) {
	s := newServer(t)
	a, b := start(t, s, "a", ""), start(t, s, "b", "")
	seq := a.publish("x")
	b.applied(seq)
	a.Wait(t.Context(), seq)
	r := prometheus.NewPedanticRegistry()
	if err := r.Register(Collector(a.Bus)); err != nil {
		t.Fatal(err)
	}
	all, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != len(metricsOf) {
		t.Errorf("%d metrics of %d", len(all), len(metricsOf))
	}
	for _, family := range all {
		got := family.Metric[0].GetGauge().GetValue() + family.Metric[0].GetCounter().GetValue()
		want := map[string]float64{"brink_fleet_in_sync": 1, "brink_fleet_applied_total": 1, "brink_fleet_sent_total": 1}[family.GetName()]
		if got != want && family.GetName() != "brink_fleet_out_of_sync_seconds" {
			t.Errorf("%s is %v, want %v", family.GetName(), got, want)
		}
	}
}
