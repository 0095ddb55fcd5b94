package main

import (
	"errors"
	"maps"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

func TestReloadMetrics(t *testing.T) {
	var r reloadCounts
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(&r)
	want := func(ok, failed, last, good, took float64) {
		t.Helper()
		families, err := registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]float64{}
		for _, f := range families {
			for _, m := range f.GetMetric() {
				name := f.GetName()
				if labels := m.GetLabel(); len(labels) > 0 {
					name += " " + labels[0].GetName() + "=" + labels[0].GetValue()
				}
				got[name] = m.GetGauge().GetValue() + m.GetCounter().GetValue()
			}
		}
		want := map[string]float64{
			"brink_reloads_total result=ok": ok, "brink_reloads_total result=failed": failed, "brink_reload_last_failed": last,
			"brink_reload_last_success_timestamp_seconds": good, "brink_reload_duration_seconds": took,
		}
		if !maps.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	}
	start := time.Unix(1000, 500e6)
	r.started(start)
	want(0, 0, 0, 1000.5, 0)
	r.add(start.Add(time.Minute), 250*time.Millisecond, errors.New("a fault"))
	want(0, 1, 1, 1000.5, 0.25)
	r.add(start.Add(2*time.Minute), time.Second, nil)
	want(1, 1, 0, 1120.5, 1)
}
