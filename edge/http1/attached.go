package http1

import "os"

// attached is content that the kernel sends from a file, without copying it.
type attached struct {
	file *os.File // nil: none
	at   int64    // offset of the next byte
	left int64    // bytes
	same [][]byte // all of the content in memory; ends where the file's part does
}

// attach has n bytes sent from a file after all that is pending. same holds
// the same bytes, in case that the file cannot be sent from.
func (o *output) attach(file *os.File, at, n int64, same [][]byte) {
	o.tail = attached{file, at, n, same}
}

// detach has the rest of the attached content written from memory instead.
func (o *output) detach() {
	rest := o.tail
	o.tail = attached{}
	skip := -rest.left
	for _, run := range rest.same {
		skip += int64(len(run))
	}
	for _, run := range rest.same {
		k := min(skip, int64(len(run)))
		skip -= k
		o.add(run[k:])
	}
}
