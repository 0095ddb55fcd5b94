package store

import (
	"reflect"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

func TestCollector(t *testing.T) {
	s := open(t, Options{})
	s.put(whole(s, "/a", []byte("a")))
	drain(t, s)
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(Collector(s))
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]float64{}
	for _, f := range families {
		m := f.GetMetric()[0]
		values[f.GetName()] = m.GetGauge().GetValue() + m.GetCounter().GetValue()
		if f.GetHelp() == "" || !strings.HasPrefix(f.GetName(), "brink_store_") {
			t.Errorf("%s: %q", f.GetName(), f.GetHelp())
		}
	}
	if values["brink_store_objects"] != 1 || values["brink_store_object_bytes"] < 100 {
		t.Errorf("%v", values)
	}
	// Each figure of Stats is a metric, but for the constant Fixed.
	if want := reflect.TypeFor[Stats]().NumField() - 1; len(families) != want {
		t.Errorf("%d metrics of %d figures", len(families), want)
	}
}
