package disk

import (
	"encoding/binary"
	"math"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// position is where a record is in the log. Positions only grow, also over
// restarts: the upper bits are the boot epoch, which is raised and synced before
// the first record of a process is written. So an index entry that outlived its
// record in a crash never comes to name another one.
type position uint64

const sequenceBits = 40

// firstOf returns the first position of an epoch.
func firstOf(epoch uint64) position { return position(epoch << sequenceBits) }

func (p position) key() []byte {
	return binary.BigEndian.AppendUint64(make([]byte, 0, 8), uint64(p))
}

func positionOf(key []byte) position {
	if len(key) != 8 {
		return 0
	}
	return position(binary.BigEndian.Uint64(key))
}

const (
	formatVersion = pebble.FormatValueSeparation // the newest of pebble v2.1
	memtables     = 4                            // of the log at a time, the one that is written to included
)

// logOptions tunes a database whose keys only grow so that its compactions are
// moves: one file a flush; output files so small that two input files are never
// taken together; no level between. Nothing of it is logged ahead: what is lost
// in a crash is a miss.
func logOptions(fs vfs.FS, sizes *sizes, watch *watch) *pebble.Options {
	o := commonOptions(fs, sizes, watch, true)
	o.DisableWAL = true
	memtable := uint64(sizes.memtable)
	o.CacheSize = sizes.logCache
	o.MemTableSize = memtable
	o.MemTableStopWritesThreshold = memtables
	o.FlushSplitBytes = 1 << 30
	o.L0CompactionThreshold = 2
	o.LBaseMaxBytes = math.MaxInt64 / 4
	o.TargetFileSizes[0] = int64(2 * memtable)
	for i := 1; i < len(o.TargetFileSizes); i++ {
		o.TargetFileSizes[i] = int64(memtable / 16)
	}
	o.Experimental.MultiLevelCompactionHeuristic = pebble.NoMultiLevel{}
	o.Experimental.ReadSamplingMultiplier = -1
	for i := range o.Levels {
		o.Levels[i].BlockSize = 32 << 10
		o.Levels[i].IndexBlockSize = 64 << 10
	}
	return o
}

// indexOptions are those of an ordinary, small database. There may be four logs
// of somewhat more than a memtable.
func indexOptions(fs vfs.FS, sizes *sizes, watch *watch) *pebble.Options {
	o := commonOptions(fs, sizes, watch, false)
	memtable := uint64(sizes.indexMemtable)
	o.CacheSize = sizes.cache
	o.MemTableSize = memtable
	for i := range o.Levels {
		o.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
	}
	return o
}

func commonOptions(fs vfs.FS, sizes *sizes, watch *watch, proven bool) *pebble.Options {
	listener := watch.listener(proven)
	o := &pebble.Options{
		FS:                         fs,
		FormatMajorVersion:         formatVersion,
		Logger:                     watch,
		EventListener:              &listener,
		MaxOpenFiles:               sizes.files,
		CompactionConcurrencyRange: func() (int, int) { return 1, 2 },
	}
	o.ApplyCompressionSettings(func() pebble.DBCompressionSettings { return pebble.DBCompressionNone })
	return o
}
