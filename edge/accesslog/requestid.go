package accesslog

import (
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
)

// AppendRequestID appends a new request id: 128 random bits as 32 hex digits. The
// generator is seeded by the system and takes no lock. Ids are unique across nodes, and
// an id tells nothing about other requests.
func AppendRequestID(dst []byte) []byte {
	var id [16]byte
	binary.NativeEndian.PutUint64(id[:8], rand.Uint64())
	binary.NativeEndian.PutUint64(id[8:], rand.Uint64())
	return hex.AppendEncode(dst, id[:])
}
