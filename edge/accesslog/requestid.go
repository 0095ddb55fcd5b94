package accesslog

import (
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
)

// AppendRequestID appends a new request id: 128 random bits in 32 hex digits,
// from a generator that is seeded by the system and needs no lock. It is
// unique across nodes and says nothing about other requests.
func AppendRequestID(dst []byte) []byte {
	var id [16]byte
	binary.NativeEndian.PutUint64(id[:8], rand.Uint64())
	binary.NativeEndian.PutUint64(id[8:], rand.Uint64())
	return hex.AppendEncode(dst, id[:])
}
