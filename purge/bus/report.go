package bus

import (
	"encoding/binary"

	"brink/purge"
)

const (
	reportVersion = 1
	flagLeaving   = 1 // the node ends, and is not to be waited for
)

// report is what a node says of itself.
//
//	version | flags | instance (8 bytes) | number applied | id
type report struct {
	node     string
	instance uint64 // at random, of one run of a process
	applied  purge.Seq
	leaving  bool
}

func (p *report) append(b []byte) []byte {
	var flags byte
	if p.leaving {
		flags = flagLeaving
	}
	b = append(b, reportVersion, flags)
	b = binary.BigEndian.AppendUint64(b, p.instance)
	b = binary.AppendUvarint(b, uint64(p.applied))
	return appendText(b, p.node)
}

func parseReport(b []byte) (p report, ok bool) {
	if len(b) < 10 || b[0] != reportVersion || b[1]&^flagLeaving != 0 {
		return p, false
	}
	p.leaving = b[1] == flagLeaving
	p.instance = binary.BigEndian.Uint64(b[2:])
	r := reader{b: b[10:]}
	p.applied, p.node = purge.Seq(r.number()), r.id()
	return p, !r.bad && len(r.b) == 0 && p.node != ""
}
