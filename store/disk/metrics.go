package disk

import (
	"github.com/prometheus/client_golang/prometheus"

	"brink/store/figures"
)

const readsHelp = "Reads by outcome. Hits and misses are normal. A rise of late means that the disk is too slow or does not answer, of unreadable that it gives back what was not written; either is a miss."

// metrics are the figures of Stats. Their help says what a rise means.
var metrics = figures.Table[Stats]{
	figures.Gauge("in_service", "1 while the disk tier serves. A fall to 0 means that its disk has failed: the node serves on from RAM and the origin.",
		func(s *Stats) int64 { return number(s.InService) }),
	figures.Gauge("full", "1 while nothing is written since the disk is full, be it with other files: what is there is found. It ends by itself when there is room.",
		func(s *Stats) int64 { return number(s.Full) }),
	figures.Gauge("limit_bytes", "What segments and index may take together: what the budget leaves them, or less where the disk has less room.",
		func(s *Stats) int64 { return s.Limit }),
	figures.Gauge("longest_object_bytes", "The longest response that the tier takes, head included. Constant.",
		func(s *Stats) int64 { return s.Longest }),
	figures.Gauge("segments", "Segments of the log. A rise is normal until the budget is used.",
		func(s *Stats) int64 { return s.Segments }),
	figures.Gauge("segment_bytes", "What was written to the segments. At the limit, less the index, the tier is full, which is normal.",
		func(s *Stats) int64 { return s.SegmentBytes }),
	figures.Gauge("index_bytes", "What the index takes on disk. A rise against segment_bytes means that objects have become smaller.",
		func(s *Stats) int64 { return s.IndexBytes }),
	figures.Gauge("used_bytes", "What the directory takes on disk. A rise above the budget means that files cannot be deleted.",
		func(s *Stats) int64 { return s.DiskBytes }),
	figures.Gauge("queue_bytes", "Memory of objects that wait to be written. A rise means that the disk does not keep up with what is stored.",
		func(s *Stats) int64 { return s.QueueBytes }),
	figures.Gauge("queue_length", "Objects and deletions that wait to be written. A rise means that the disk does not keep up.",
		func(s *Stats) int64 { return s.QueueLength }),

	figures.Counter("reads_total", readsHelp, func(s *Stats) int64 { return s.Hits }).Of("hit"),
	figures.Counter("reads_total", readsHelp, func(s *Stats) int64 { return s.Misses }).Of("miss"),
	figures.Counter("reads_total", readsHelp, func(s *Stats) int64 { return s.Late }).Of("late"),
	figures.Counter("reads_total", readsHelp, func(s *Stats) int64 { return s.Unreadable }).Of("unreadable"),
	figures.Counter("written_total", "Objects written. A rise means more responses that are asked for a second time, that are replaced, or whose path writes always.",
		func(s *Stats) int64 { return s.Written }),
	figures.Counter("written_bytes_total", "Bytes of objects written. A rise is load on the disk.",
		func(s *Stats) int64 { return s.WrittenBytes }),
	figures.Counter("flushed_bytes_total", "Bytes that the log's files took in all. Divided by written_bytes_total it is the write amplification; a rise of that above 1.1 means that the disk wears for nothing.",
		func(s *Stats) int64 { return s.FlushedBytes }),
	figures.Counter("dropped_total", "Objects not written because too many waited. A rise means that the disk does not keep up; they are served from RAM while they last.",
		func(s *Stats) int64 { return s.Dropped }),
	figures.Counter("failed_writes_total", "Writes that failed. A rise means that the disk is full or failing.",
		func(s *Stats) int64 { return s.FailedWrites }),
	figures.Counter("evicted_segments_total", "Segments dropped to make room. A steady rise means that the working set outgrows the budget.",
		func(s *Stats) int64 { return s.EvictedSegments }),
	figures.Counter("evicted_bytes_total", "Bytes of the segments dropped. Divided into the budget its rate tells how long an object stays that nobody asks for.",
		func(s *Stats) int64 { return s.EvictedBytes }),
	figures.Counter("rescued_total", "Objects written again instead of being evicted since they were in use. A rise means that what is in use outgrows the budget.",
		func(s *Stats) int64 { return s.Rescued }),
}

func number(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// Figures returns what the metrics have, by the same names.
func (s *Stats) Figures() map[string]int64 { return metrics.Named(s) }

// Collector returns the metrics of t, brink_disk_*, read at each scrape.
func Collector(t *Tier) prometheus.Collector { return metrics.Collector("brink_disk_", t.Stats) }
