package disk

import (
	"reflect"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/prometheus/client_golang/prometheus"
)

func gather(t *testing.T, tier *Tier) map[string]float64 {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(Collector(tier))
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]float64{}
	for _, f := range families {
		if f.GetHelp() == "" || !strings.HasPrefix(f.GetName(), "brink_disk_") {
			t.Errorf("%s: %q", f.GetName(), f.GetHelp())
		}
		for _, m := range f.GetMetric() {
			name := f.GetName()
			for _, l := range m.GetLabel() {
				name += " " + l.GetName() + "=" + l.GetValue()
			}
			values[name] = m.GetGauge().GetValue() + m.GetCounter().GetValue()
		}
	}
	return values
}

func TestCollector(t *testing.T) {
	tier := open(t, Options{FS: vfs.NewMem()})
	o := object("/a", 100_000)
	tier.Save(o)
	drain(t, tier)
	tier.Load(o.Key, "/a", 1<<40)
	tier.Load(object("/b", 1).Key, "/b", 1<<40)
	got := gather(t, tier)
	for name, want := range map[string]float64{
		"brink_disk_in_service":               1,
		"brink_disk_segments":                 1,
		"brink_disk_reads_total outcome=hit":  1,
		"brink_disk_reads_total outcome=miss": 1,
		"brink_disk_reads_total outcome=late": 0,
		"brink_disk_written_total":            1,
		"brink_disk_evicted_segments_total":   0,
		"brink_disk_queue_length":             0,
	} {
		if v, ok := got[name]; !ok || v != want {
			t.Errorf("%s is %v, want %v", name, v, want)
		}
	}
	flushed, written := got["brink_disk_flushed_bytes_total"], got["brink_disk_written_bytes_total"]
	if written < 100_000 || flushed < written || flushed > 1.1*written {
		t.Errorf("%v bytes flushed of %v", flushed, written)
	}
	// Each figure of Stats is a metric.
	if want := reflect.TypeFor[Stats]().NumField(); len(got) != want || len(tier.Status().Figures) != want {
		t.Errorf("%d metrics of %d figures", len(got), want)
	}
	tier.Close()
	if v, ok := gather(t, tier)["brink_disk_in_service"]; !ok || v != 0 {
		t.Errorf("in service after the end: %v", v)
	}
}

func TestStatus(t *testing.T) {
	tier := open(t, Options{FS: vfs.NewMem()})
	o := object("/a", 100_000)
	tier.Save(o)
	drain(t, tier)
	tier.Load(o.Key, "/a", 1<<40)
	s := tier.Status()
	if len(s.Segments) != 1 || s.Segments[0].Bytes < 100_000 || s.Segments[0].Hot != 1 || s.Segments[0].Seconds != 90 {
		t.Errorf("got %+v", s)
	}
}
