package origin

// Stats counts what an Origin has done since New, and what it does now.
type Stats struct {
	Requests      uint64 // asked for
	Running       int    // have a connection, or are getting one
	Waiting       int    // in the queue
	QueueRejects  uint64 // found the queue full, or waited too long
	Slow          int    // of Running: counted as slow when somebody waited last
	SlowEnded     uint64 // ended under pressure, as their client was slow
	UnwantedEnded uint64 // ended under pressure, as nobody waited for the response
	RetriesOff    uint64 // not retried on another server, as there were too many retries
	Servers       []ServerStats
}

// ServerStats is the part of one server.
type ServerStats struct {
	Server    string // scheme://host:port
	Open      int    // connections, those being made included
	Idle      int    // idle ones that any client may use
	Pinned    int    // idle ones that belong to one client connection each
	Dials     uint64
	Reuses    uint64            // exchanges on a kept connection that have ended
	Retries   uint64            // repeated because a kept connection was dead
	Failovers uint64            // requests that went on to another server
	Ejections uint64            // times that it was ejected
	Ejected   bool              // it has failed and not succeeded since
	Failures  [KindCount]uint64 // those that are the server's or the way's to it

	Unsolicited uint64 // answers on idle connections
}

// Stats returns a consistent copy.
func (o *Origin) Stats() Stats {
	o.mu.Lock()
	defer o.mu.Unlock()
	stats := Stats{
		Requests:      o.mu.requests,
		Running:       len(o.mu.queue.running),
		Waiting:       o.mu.queue.length,
		QueueRejects:  o.mu.queue.rejected,
		Slow:          o.mu.queue.slow,
		SlowEnded:     o.mu.ended[SlowClient],
		UnwantedEnded: o.mu.ended[Unwanted],
		RetriesOff:    o.mu.retries.refused,
		Servers:       make([]ServerStats, len(o.servers)),
	}
	for i, s := range o.servers {
		stats.Servers[i] = ServerStats{
			Server:    s.name,
			Open:      s.mu.open,
			Idle:      len(s.mu.idle),
			Pinned:    len(s.mu.pinned),
			Dials:     s.mu.dials,
			Reuses:    s.mu.reuses,
			Retries:   s.mu.retries,
			Failovers: s.mu.failovers,
			Ejections: s.mu.health.Ejections(),
			Ejected:   s.mu.health.Failing(),
			Failures:  s.mu.failures,

			Unsolicited: s.mu.health.Answers(),
		}
	}
	return stats
}

// count counts a failure, unless it is the caller's doing.
func (o *Origin) count(s *server, k Kind) {
	if !k.ofServer() {
		return
	}
	o.mu.Lock()
	s.mu.failures[k]++
	o.mu.Unlock()
}
