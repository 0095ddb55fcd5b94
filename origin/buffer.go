package origin

import "sync"

const (
	bufferSize    = 32 << 10 // of one read
	maxHead       = 64 << 10 // bytes of a response head
	maxFields     = 256      // field lines of a response head, or of trailers
	minRoom       = 8 << 10  // less than this behind a head is too little to read content into
	inlineBody    = 8 << 10  // a request body up to this length is sent with the head
	chunkRoom     = 16       // for the size line in front of a chunk
	maxKeptFields = 64       // memory for more field lines than this is not kept
)

// buffers holds byte arrays for as long as an exchange runs: an idle
// connection has none.
var buffers = sync.Pool{New: func() any { return new([bufferSize]byte) }}

func getBuffer() *[bufferSize]byte { return buffers.Get().(*[bufferSize]byte) }

func putBuffer(b *[bufferSize]byte) {
	if b != nil {
		buffers.Put(b)
	}
}
