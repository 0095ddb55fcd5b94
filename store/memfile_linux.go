package store

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// seals keep everybody, ourselves included, from changing a file.
const seals = unix.F_SEAL_WRITE | unix.F_SEAL_GROW | unix.F_SEAL_SHRINK | unix.F_SEAL_SEAL

// newMemfile returns a file in memory, without a name, that holds body and can
// never change.
func newMemfile(body [][]byte) (*os.File, error) {
	fd, err := unix.MemfdCreate("body", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING|unix.MFD_NOEXEC_SEAL)
	if err == unix.EINVAL { // before Linux 6.3
		fd, err = unix.MemfdCreate("body", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	}
	if err != nil {
		return nil, fmt.Errorf("create a file in memory: %w", err)
	}
	file := os.NewFile(uintptr(fd), "body")
	if err := fillMemfile(file, body); err != nil {
		_ = file.Close()
		return nil, err
	}
	return file, nil
}

func fillMemfile(file *os.File, body [][]byte) error {
	for _, run := range body {
		if _, err := file.Write(run); err != nil {
			return fmt.Errorf("fill a file in memory: %w", err)
		}
	}
	if _, err := unix.FcntlInt(file.Fd(), unix.F_ADD_SEALS, seals); err != nil {
		return fmt.Errorf("seal a file in memory: %w", err)
	}
	return nil
}

// openFiles is how many files the process may have open.
func openFiles() int {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return 0
	}
	return int(min(limit.Cur, 1<<30))
}
