package origin

import (
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

// Every kind has a word of its own and one of the status codes that a gateway
// answers with.
func TestKinds(t *testing.T) {
	words := map[string]bool{}
	for k := range KindCount {
		if k.String() == "" || words[k.String()] {
			t.Errorf("kind %d is %q", k, k)
		}
		words[k.String()] = true
		if s := k.Status(); s != 502 && s != 503 && s != 504 && k != SlowClient {
			t.Errorf("%s: status %d", k, s)
		}
	}
	if !ProtocolError.Connected() || ConnectionRefused.Connected() {
		t.Error("Connected")
	}
}

func TestCollector(t *testing.T) {
	config, _ := serve(t, script(forever(request, say(hello))))
	dead := configure("127.0.0.1:1").Servers[0]
	config.Servers = append(config.Servers, dead)
	o := start(t, config)
	wantFetch(t, o, 4, "hello")
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(Collector(func(yield func(string, *Origin)) { yield(o.Name(), o) }, o.memory))
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, f := range families {
		if !strings.HasPrefix(f.GetName(), "brink_origin_") || f.GetHelp() == "" {
			t.Errorf("metric %q", f.GetName())
		}
		for _, m := range f.GetMetric() {
			key := strings.TrimPrefix(f.GetName(), "brink_origin_")
			for _, l := range m.GetLabel() {
				key += " " + l.GetValue()
			}
			got[key] = m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	live := "http://127.0.0.1:" + config.Servers[0].Port
	for key, want := range map[string]float64{
		"requests_total test":                                       4,
		"requests_running test":                                     0,
		"queue_length test":                                         0,
		"queue_rejects_total test":                                  0,
		"connections_open test " + live:                             1,
		"connections_idle test " + live:                             1,
		"dials_total test " + live:                                  1,
		"reuses_total test " + live:                                 3,
		"retries_total test " + live:                                0,
		"failures_total connection_refused test http://127.0.0.1:1": 1,
		"failovers_total test http://127.0.0.1:1":                   1,
		"outages_total test http://127.0.0.1:1":                     1,
		"left_out test http://127.0.0.1:1":                          1,
		"left_out test " + live:                                     0,
	} {
		if v, ok := got[key]; !ok || v != want {
			t.Errorf("%s is %v, want %v", key, v, want)
		}
	}
}
