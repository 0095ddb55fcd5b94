package accesslog

import (
	"bytes"
	"os"
	"syscall"
	"time"
)

// output is the destination of lines. Only one goroutine writes to it.
type output struct {
	file *os.File
	torn bool // the last write stopped within a line
}

// isFile reports whether an access setting is the name of a file.
func isFile(access string) bool {
	return access != "off" && access != "stdout" && access != "stderr"
}

func openOutput(access string) (*output, error) {
	var file *os.File
	var err error
	switch access {
	case "stdout":
		file, err = duplicate(os.Stdout)
	case "stderr":
		file, err = duplicate(os.Stderr)
	default:
		// With O_NONBLOCK, a named pipe without a reader is an error instead of a wait.
		file, err = os.OpenFile(access, os.O_WRONLY|os.O_APPEND|os.O_CREATE|syscall.O_NONBLOCK, 0o640)
	}
	if err != nil {
		return nil, err
	}
	return &output{file: file}, nil
}

// duplicate returns a new file for a standard stream, which can be closed. If the reader
// is gone, a write to it returns an error; a write to the stream itself would end the
// process (os/signal, SIGPIPE).
func duplicate(stream *os.File) (*os.File, error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	fd, err := syscall.Dup(int(stream.Fd()))
	if err != nil {
		return nil, os.NewSyscallError("dup", err)
	}
	syscall.CloseOnExec(fd)
	return os.NewFile(uintptr(fd), stream.Name()), nil
}

// write writes whole lines. It returns how many it wrote, and how many an error lost.
func (o *output) write(lines []byte) (written, lost uint64) {
	if len(lines) == 0 {
		return 0, 0
	}
	var n int
	err := o.mend()
	if err == nil {
		n, err = o.file.Write(lines)
	}
	if n > 0 {
		o.torn = lines[n-1] != '\n'
	}
	if err != nil {
		lost = uint64(bytes.Count(lines[n:], newline))
	}
	return uint64(bytes.Count(lines[:n], newline)), lost
}

var newline = []byte{'\n'}

// mend ends a line that an error cut off, so that the next line is whole.
func (o *output) mend() error {
	if !o.torn {
		return nil
	}
	if _, err := o.file.Write(newline); err != nil {
		return err
	}
	o.torn = false
	return nil
}

// interrupt makes a blocked write fail. It reports whether the destination supports that.
func (o *output) interrupt() bool {
	return o.file.SetWriteDeadline(time.Unix(1, 0)) == nil
}

func (o *output) close() { o.file.Close() }
