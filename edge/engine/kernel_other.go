//go:build !linux

package engine

import (
	"net"
	"syscall"
)

// rawOf returns nil: only Linux is asked about connections.
func rawOf(*net.TCPConn) syscall.RawConn { return nil }

// Ended knows nothing here.
func (*Conn) Ended() End { return EndNone }

// Empty knows nothing here.
func (*Conn) Empty() bool { return true }

// Unsent knows nothing here.
func (*Conn) Unsent() int64 { return 0 }

// Acked knows nothing here.
func (*Conn) Acked() uint64 { return 0 }

// BoundUnsent does nothing here.
func (*Conn) BoundUnsent(int) {}

func (*Conn) writeDirectly([]byte) bool { return false }
