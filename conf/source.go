package conf

import (
	"crypto/sha256"
	"encoding/hex"
)

// source is the text of one conf file.
type source struct {
	name  string // for diagnostics and Rule.Position
	dir   string // file names in the text are relative to it
	text  []byte
	index int // in reading order
}

// order returns -1 for no source, so that faults of no file come first.
func (s *source) order() int {
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
