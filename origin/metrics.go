package origin

import "github.com/prometheus/client_golang/prometheus"

// collector turns Stats into metrics when it is scraped.
type collector struct {
	each   func(func(name string, o *Origin))
	memory *Memory

	slow, ended, retriesOff, unsolicited         *prometheus.Desc
	readAhead, readAheadRefused                  *prometheus.Desc
	requests, running, waiting, rejected         *prometheus.Desc
	open, idle, dials, reuses, retries, failures *prometheus.Desc
	pinned, failovers, ejections, ejected        *prometheus.Desc
}

// Collector returns the metrics of the origins that each calls its argument
// with, and of the memory that they share. It is asked at every scrape, as
// origins come and go with the configuration.
func Collector(each func(func(name string, o *Origin)), m *Memory) prometheus.Collector {
	group := []string{"origin"}
	server := []string{"origin", "server"}
	desc := func(name, help string, labels []string) *prometheus.Desc {
		return prometheus.NewDesc("brink_origin_"+name, help, labels, nil)
	}
	return &collector{
		each: each, memory: m,
		slow: desc("slow_running", "Fetches that use a connection and wait for a slow client. It is counted only while other "+
			"fetches wait for a connection. A rise means slow clients, or hostile ones.", group),
		ended: desc("ended_total", "Fetches ended because others waited for a connection. slow_client: the client was slow, and slow "+
			"clients had more than their share. unwanted: nobody waited for the response. A rise means that max_connections is too low, or "+
			"that clients are hostile.", append(group, "cause")),
		retriesOff: desc("retries_refused_total", "Requests not tried on another server, as retries were a fifth of all requests already. "+
			"A rise means that several servers fail.", group),
		unsolicited: desc("unsolicited_total", "Answers on an idle connection, which belong to no request. For ten seconds each connection to the server "+
			"is then used for one request only. A rise means that the server breaks HTTP, or that somebody smuggles requests past it.", server),
		readAhead: desc("read_ahead_bytes", "Memory for content that is read ahead: of requests before they have a connection, and of "+
			"responses for slow clients. A rise means slow clients.", []string{"of"}),
		readAheadRefused: desc("read_ahead_refused_total", "Times that the memory for content that is read ahead was full. A rise means "+
			"many slow clients, which then hold connections to origins.", []string{"of"}),
		requests: desc("requests_total", "Fetches asked for. A rise means more misses, revalidations or "+
			"passed requests.", group),
		running: desc("requests_running", "Fetches that run: at most max_connections. A rise means that the "+
			"origin is slower, or asked more.", group),
		waiting: desc("queue_length", "Fetches that wait for a connection. Any but a short rise means that max_connections "+
			"is too low or the origin too slow.", group),
		rejected: desc("queue_rejects_total", "Fetches answered 503 because the queue was full or the wait in it too "+
			"long. A rise means overload.", group),
		open: desc("connections_open", "Connections to the server, those being made included. A rise means more "+
			"fetches at a time.", server),
		idle: desc("connections_idle", "Connections kept for reuse. A rise follows a peak of fetches; they end after "+
			"idle_timeout.", server),
		pinned: desc("connections_pinned", "Idle connections on which NTLM or Negotiate was spoken, each kept for the next "+
			"request of one client connection. A rise means more clients that authenticate like that.", server),
		dials: desc("dials_total", "Connections begun. A rise next to few reuses means that the server closes "+
			"connections early.", server),
		reuses: desc("reuses_total", "Exchanges on a kept connection, once they have ended. A rise is as it should be.", server),
		retries: desc("retries_total", "Requests repeated because a kept connection was dead. A rise means that "+
			"idle_timeout is longer than the server's own.", server),
		failovers: desc("failovers_total", "Requests sent on to another server after they failed at this one. A rise means "+
			"trouble with the server that clients do not notice yet.", server),
		ejections: desc("outages_total", "Times that the server failed and was left out. A rise means that it is on and off.", server),
		ejected: desc("left_out", "1 from a failure of the server to its next success. It is left out meanwhile. A rise means that the other servers "+
			"have its requests.", server),
		failures: desc("failures_total", "Fetches and look-ups that failed, by the error type of RFC 9209. A rise "+
			"means trouble with the server or the way to it.", append(server, "kind")),
	}
}

func (c *collector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		c.requests, c.running, c.waiting, c.rejected, c.open, c.idle, c.dials, c.reuses, c.retries, c.failures,
		c.pinned, c.failovers, c.ejections, c.ejected, c.slow, c.ended, c.retriesOff, c.unsolicited,
		c.readAhead, c.readAheadRefused,
	} {
		ch <- d
	}
}

func (c *collector) Collect(ch chan<- prometheus.Metric) {
	c.each(func(name string, o *Origin) {
		stats := o.Stats()
		count(ch, c.requests, stats.Requests, name)
		gauge(ch, c.running, stats.Running, name)
		gauge(ch, c.waiting, stats.Waiting, name)
		count(ch, c.rejected, stats.QueueRejects, name)
		gauge(ch, c.slow, stats.Slow, name)
		count(ch, c.ended, stats.SlowEnded, name, SlowClient.String())
		count(ch, c.ended, stats.UnwantedEnded, name, Unwanted.String())
		count(ch, c.retriesOff, stats.RetriesOff, name)
		for i := range stats.Servers {
			c.collectServer(ch, name, &stats.Servers[i])
		}
	})
	c.collectMemory(ch, &c.memory.uploads, "requests")
	c.collectMemory(ch, &c.memory.responses, "responses")
}

func (c *collector) collectMemory(ch chan<- prometheus.Metric, s *byteBudget, of string) {
	gauge(ch, c.readAhead, int(s.used.Load()), of)
	count(ch, c.readAheadRefused, s.refused.Load(), of)
}

func (c *collector) collectServer(ch chan<- prometheus.Metric, name string, s *ServerStats) {
	gauge(ch, c.open, s.Open, name, s.Server)
	gauge(ch, c.idle, s.Idle, name, s.Server)
	gauge(ch, c.pinned, s.Pinned, name, s.Server)
	count(ch, c.dials, s.Dials, name, s.Server)
	count(ch, c.reuses, s.Reuses, name, s.Server)
	count(ch, c.retries, s.Retries, name, s.Server)
	count(ch, c.failovers, s.Failovers, name, s.Server)
	count(ch, c.ejections, s.Ejections, name, s.Server)
	count(ch, c.unsolicited, s.Unsolicited, name, s.Server)
	ejected := 0
	if s.Ejected {
		ejected = 1
	}
	gauge(ch, c.ejected, ejected, name, s.Server)
	for k := range KindCount {
		if k.ofServer() {
			count(ch, c.failures, s.Failures[k], name, s.Server, k.String())
		}
	}
}

func count(ch chan<- prometheus.Metric, d *prometheus.Desc, n uint64, labels ...string) {
	ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), labels...)
}

func gauge(ch chan<- prometheus.Metric, d *prometheus.Desc, n int, labels ...string) {
	ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(n), labels...)
}
