package purge

import (
	"context"
	"sync"
	"sync/atomic"
)

const (
	// RuleSize is about how many bytes of memory a rule takes.
	RuleSize = 80
	// maxLimit is how many rules a log holds at most, whatever the memory: beyond that
	// its journal takes too long to read.
	maxLimit = 1 << 21
)

// Fit returns how many rules fit in bytes of memory, as a limit for a log.
func Fit(memory int64) int { return int(min(memory/RuleSize, maxLimit)) }

// Log is the purges in force. All methods may be called from any goroutine.
type Log struct {
	table   *table
	latest  atomic.Uint64
	cursor  atomic.Pointer[Cursor] // nil: none
	version atomic.Uint64
	suspect atomic.Bool

	mu      sync.Mutex // held while rules are numbered, so that they are in force and in the journal in one order
	journal *journal   // nil: what is purged does not outlive the process, nor do objects
}

// Cursor is the position of a log in the stream of its fleet.
type Cursor struct {
	Seq  Seq
	Mark uint64 // recognizes the fleet's purge of that number; zero: not known
}

// NewLog returns an empty log that keeps at most about limit rules. When there are more,
// it forgets the oldest, and its floor rises. Zero means maxLimit. names must use the
// same seed as the store's keys.
func NewLog(names Names, limit int) *Log {
	if limit <= 0 {
		limit = maxLimit
	}
	l := &Log{table: newTable(names, limit)}
	l.version.Store(1)
	return l
}

// Names makes the IDs of the log's rules.
func (l *Log) Names() Names { return l.table.names }

// Latest returns the newest number in force. It is one atomic load. What is begun
// after it was read is covered by later purges only.
func (l *Log) Latest() Seq { return Seq(l.latest.Load()) }

// Version returns a number, never zero, that changes whenever the result of Covers may
// have changed. It is one atomic load.
func (l *Log) Version() uint64 { return l.version.Load() }

// Covers says what the purges newer than stamp mean for a subject.
func (l *Log) Covers(s *Subject, stamp Seq) Verdict {
	v := l.table.covers(s, stamp)
	if l.suspect.Load() {
		v = max(v, Doubtful)
	}
	return v
}

// Put puts rules in force under one number, which it returns. When it returns,
// every later Covers sees them. It does not wait for the disk: a crash within
// moments may lose them.
func (l *Log) Put(rules ...Rule) Seq {
	seq, _ := l.put(rules, false)
	return seq
}

// Purge is like Put, and waits until the rules are durable. They are in force in any
// case. ErrNotDurable means that a restart may lose them.
func (l *Log) Purge(ctx context.Context, rules ...Rule) (Seq, error) {
	seq, written := l.put(rules, true)
	return seq, written.wait(ctx)
}

// Apply puts rules in force under a number that a fleet gave them, or the next one
// if that was used. Without rules, what was purged is not known, and all that is
// older is doubtful. Numbers may be left out: what came under them is not missed.
// It does not wait for the disk: a crash loses the cursor with the rules, so that
// the fleet gives them again.
func (l *Log) Apply(at Cursor, rules ...Rule) {
	l.mu.Lock()
	defer l.mu.Unlock()
	seq := max(at.Seq, l.Latest()+1)
	if len(rules) == 0 {
		l.doubtLocked(seq)
	} else {
		l.enforceLocked(seq, rules)
	}
	// Last, since a new file of the journal is written from what is in force now:
	// it may lack the cursor, but not the rules.
	if at.Seq > l.Cursor().Seq {
		l.cursor.Store(&at)
	}
	l.journal.append(seq, rules, l.cursor.Load(), false)
}

// Restart goes on at a cursor that may be lower, because the fleet has a new stream.
// Everything that is stored becomes doubtful.
func (l *Log) Restart(at Cursor) {
	l.mu.Lock()
	defer l.mu.Unlock()
	seq := l.Latest() + 1
	l.doubtLocked(seq)
	l.cursor.Store(&at)
	l.journal.append(seq, nil, &at, false)
}

// Cursor returns the highest number that Apply was given since Restart, also before
// a restart of the process.
func (l *Log) Cursor() Cursor {
	if c := l.cursor.Load(); c != nil {
		return *c
	}
	return Cursor{}
}

// Ahead puts rules in force before they have a number: under the next one, which
// is not in force yet. Until it is, what they cover is not stored, either. It does
// not wait for the disk.
func (l *Log) Ahead(rules ...Rule) {
	l.mu.Lock()
	defer l.mu.Unlock()
	seq := l.Latest() + 1
	for _, r := range rules {
		l.table.put(r, seq)
	}
	l.version.Add(1)
	l.journal.append(seq, rules, l.cursor.Load(), false)
}

func (l *Log) put(rules []Rule, urgent bool) (Seq, *commit) {
	l.mu.Lock()
	defer l.mu.Unlock()
	seq := l.Latest() + 1
	l.enforceLocked(seq, rules)
	return seq, l.journal.append(seq, rules, l.cursor.Load(), urgent)
}

func (l *Log) enforceLocked(seq Seq, rules []Rule) {
	for _, r := range rules {
		l.table.put(r, seq)
	}
	l.numberLocked(seq)
}

// numberLocked makes a number the latest. It increments the version before and after
// the change, so that no cached verdict spans it.
func (l *Log) numberLocked(seq Seq) {
	l.version.Add(1)
	l.latest.Store(uint64(seq))
	l.version.Add(1)
}

// Doubt makes everything older than the newest purge doubtful, because purges of it may
// have been missed.
func (l *Log) Doubt() {
	l.mu.Lock()
	defer l.mu.Unlock()
	seq := l.Latest() + 1
	l.doubtLocked(seq)
	l.journal.append(seq, nil, l.cursor.Load(), false)
}

func (l *Log) doubtLocked(seq Seq) {
	raise(&l.table.floor, seq)
	l.numberLocked(seq)
}

// Suspect(true) makes everything doubtful, however new, until Suspect(false): purges
// may be missed right now.
func (l *Log) Suspect(on bool) {
	if l.suspect.Swap(on) != on {
		l.version.Add(1)
	}
}

// Floor returns the number below which the log has forgotten rules. Covers reports any
// subject with an older stamp as doubtful or purged.
func (l *Log) Floor() Seq { return Seq(l.table.floor.Load()) }

// Memory returns about how many bytes the rules take.
func (l *Log) Memory() int64 { return int64(l.table.len()) * RuleSize }

// Crowded reports whether the log is half full. Then the store finds out which rules
// may be forgotten.
func (l *Log) Crowded() bool { return l.table.len() >= l.table.most()/2 }

// Trim forgets the rules up to a number. The caller knows of no older object; if there
// is one, it becomes doubtful.
func (l *Log) Trim(upTo Seq) {
	raise(&l.table.floor, upTo)
	if forgotten := l.table.trim(l.Floor()); forgotten > l.table.len() {
		l.journal.shrink()
	}
}

// Stats is a snapshot of a log.
type Stats struct {
	Latest  Seq
	Floor   Seq // what is older is doubtful
	Rules   int
	Limit   int    // how many there can be
	Dropped uint64 // rules for which there was no room
	Durable bool   // all that was purged is durable, or need not be
	Bytes   int64  // of the journal
}

// Stats returns a snapshot.
func (l *Log) Stats() Stats {
	s := Stats{
		Latest: l.Latest(), Floor: l.Floor(), Rules: l.table.len(), Limit: l.table.most(), Dropped: l.table.dropped.Load(),
	}
	s.Durable, s.Bytes = l.journal.state()
	return s
}

// Close ends the journal, if there is one, once all of it is durable.
func (l *Log) Close() error { return l.journal.close() }
