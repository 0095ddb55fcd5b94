package conf

import (
	"crypto/sha256"
	"encoding/hex"
)

// source is the text of one conf file.
type source struct {
	name  string // for diagnostics and Rule.Position
	dir   string // which file names in it are relative to
	text  []byte
	index int // in reading order
}

// place is -1 for no source: faults of no file come first.
func (s *source) place() int {
	if s == nil {
		return -1
	}
	return s.index
}

func digest(sources []*source) string {
	sum := sha256.New()
	for _, s := range sources {
		sum.Write(s.text)
	}
	return hex.EncodeToString(sum.Sum(nil))
}
