package meter

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"brink/edge/message"
)

func gather(t *testing.T, m *Meter) map[string]float64 {
	t.Helper()
	r := prometheus.NewPedanticRegistry()
	r.MustRegister(m.Collector())
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	series := make(map[string]float64)
	for _, f := range families {
		for _, x := range f.GetMetric() {
			name := f.GetName()
			for _, l := range x.GetLabel() {
				name += " " + l.GetName() + "=" + l.GetValue()
			}
			switch {
			case x.GetHistogram() != nil:
				series[name+" count"] = float64(x.GetHistogram().GetSampleCount())
				series[name+" sum"] = x.GetHistogram().GetSampleSum()
			case x.GetGauge() != nil:
				series[name] = x.GetGauge().GetValue()
			default:
				series[name] = x.GetCounter().GetValue()
			}
		}
	}
	return series
}

func TestCollector(t *testing.T) {
	m := New([]string{"shop", "-"}, "syntax", "timeout") // a site may have any name, NoSite's too
	m.Record(0, hit(), 200, 1000, 250*time.Millisecond)
	m.Record(0, hit(), 206, 24, 250*time.Millisecond)
	m.Record(0, &message.CacheStatus{Outcome: message.Miss, Reason: message.ReasonExpired, Fetched: true, Store: message.ReasonNoStore}, 404, 0, 2*time.Minute)
	m.Record(1, hit(), 200, 0, 0)
	m.Record(NoSite, &message.CacheStatus{Reason: message.ReasonBadRequest}, 400, 0, 0)
	m.Accepted()
	m.RefusedHead(0)
	got := gather(t, m)
	for name, want := range map[string]float64{
		"brink_requests_total outcome=hit reason=none site=shop":         2,
		"brink_requests_total outcome=miss reason=expired site=shop":     1,
		"brink_requests_total outcome=miss reason=uri-miss site=shop":    0,
		"brink_requests_total outcome=hit reason=disk site=shop":         0,
		"brink_requests_total outcome=refused reason=bad-request site=-": 1,
		"brink_requests_total outcome=hit reason=none site=-":            1,
		"brink_store_refused_total reason=no-store site=shop":            1,
		"brink_store_accepted_total site=shop":                           0,
		"brink_fetched_requests_total site=shop":                         1,
		"brink_collapsed_requests_total site=shop":                       0,
		"brink_responses_total class=2xx site=shop":                      2,
		"brink_responses_total class=4xx site=shop":                      1,
		"brink_response_content_bytes_total site=shop":                   1024,
		"brink_request_duration_seconds outcome=hit count":               3,
		"brink_request_duration_seconds outcome=hit sum":                 0.5,
		"brink_request_duration_seconds outcome=miss count":              1,
		"brink_request_duration_seconds outcome=miss sum":                120,
		"brink_connections_accepted_total":                               1,
		"brink_connections_active":                                       1,
		"brink_refused_heads_total fault=syntax":                         1,
		"brink_refused_heads_total fault=timeout":                        0,
	} {
		if n, ok := got[name]; !ok || n != want {
			t.Errorf("%s is %v (there: %v), want %v", name, n, ok, want)
		}
	}
	if _, ok := got["brink_requests_total outcome=pass reason=none site=shop"]; ok {
		t.Error("a pair that never occurred has a series")
	}
}

func TestCollectorFollowsShow(t *testing.T) {
	m := New([]string{"a", "b"})
	r := prometheus.NewPedanticRegistry()
	r.MustRegister(m.Collector())
	m.With([]string{"b", "c"}).Show()
	m.With([]string{"a", "d"}) // is not put in use
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	sites := make(map[string]bool)
	for _, f := range families {
		for _, x := range f.GetMetric() {
			for _, l := range x.GetLabel() {
				if l.GetName() == "site" {
					sites[l.GetValue()] = true
				}
			}
		}
	}
	if sites["a"] || !sites["b"] || !sites["c"] {
		t.Errorf("sites: %v", sites)
	}
}

// Names carry the unit and, where they count, _total; Help says what a rise
// means.
func TestNames(t *testing.T) {
	word := regexp.MustCompile(`^brink_[a-z]+(_[a-z]+)*$`)
	m := New([]string{"a"}, "syntax")
	m.Record(0, &message.CacheStatus{Outcome: message.Miss, Fetched: true, Store: message.ReasonNoStore}, 200, 1, 1)
	r := prometheus.NewPedanticRegistry()
	r.MustRegister(m.Collector())
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	described := make(chan *prometheus.Desc, 100)
	m.Collector().Describe(described)
	if len(families) != len(described) {
		t.Errorf("%d families gathered, %d described", len(families), len(described))
	}
	for _, f := range families {
		name, base := f.GetName(), strings.TrimSuffix(f.GetName(), "_total")
		if !word.MatchString(name) {
			t.Errorf("%s: not a brink_ name", name)
		}
		if isCounter := f.GetType().String() == "COUNTER"; isCounter != (name != base) {
			t.Errorf("%s: a %v; counters, and only they, end in _total", name, f.GetType())
		}
		if f.GetType().String() == "HISTOGRAM" && !strings.HasSuffix(name, "_seconds") {
			t.Errorf("%s: a histogram of times without _seconds", name)
		}
		for _, unit := range []string{"bytes", "seconds"} {
			if strings.Contains(base, unit) && !strings.HasSuffix(base, "_"+unit) {
				t.Errorf("%s: the unit does not end the name", name)
			}
		}
		if !strings.Contains(strings.ToLower(f.GetHelp()), "rise") {
			t.Errorf("%s: Help does not say what a rise means", name)
		}
	}
}
