package brinktest

import (
	"encoding/binary"
	"hash/fnv"
)

// Content fills p with the bytes from offset on of the endless content that
// belongs to text. Other texts have other content, so that a body shows whose
// it is in each of its parts.
func Content(p []byte, text string, offset int64) {
	h := fnv.New64a()
	h.Write([]byte(text))
	seed := h.Sum64()
	var word [8]byte
	for len(p) > 0 {
		binary.LittleEndian.PutUint64(word[:], mix(seed+uint64(offset/8)))
		n := copy(p, word[offset%8:])
		p, offset = p[n:], offset+int64(n)
		for len(p) >= 8 {
			binary.LittleEndian.PutUint64(p, mix(seed+uint64(offset/8)))
			p, offset = p[8:], offset+8
		}
	}
}

// mix is the finalizer of SplitMix64.
func mix(x uint64) uint64 {
	x *= 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
