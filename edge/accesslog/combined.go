package accesslog

import (
	"net/netip"
	"strconv"
)

// combinedLine appends e in the combined format of NCSA and Apache httpd, and
// a newline:
//
//	client - - [time] "method target protocol" status bytes "referer" "user agent"
//
// A missing value is "-".
func combinedLine(dst []byte, c *clock, e *Entry) []byte {
	dst = appendAddr(dst, e.Client)
	dst = append(dst, " - - ["...)
	dst = c.appendCommon(dst, e.Time)
	dst = append(dst, `] "`...)
	if len(e.Verb) > 0 {
		dst = appendQuoted(dst, e.Verb)
		dst = appendQuoted(append(dst, ' '), e.Target)
		dst = append(append(dst, ' '), e.Protocol.String()...)
	} else {
		dst = append(dst, '-')
	}
	dst = strconv.AppendInt(append(dst, `" `...), int64(e.Status), 10)
	dst = append(dst, ' ')
	if e.Bytes > 0 {
		dst = strconv.AppendInt(dst, e.Bytes, 10)
	} else {
		dst = append(dst, '-')
	}
	dst = appendQuotedOrDash(append(dst, ` "`...), e.Referer)
	dst = appendQuotedOrDash(append(dst, `" "`...), e.UserAgent)
	return append(dst, '"', '\n')
}

func appendQuotedOrDash(dst, s []byte) []byte {
	if len(s) == 0 {
		return append(dst, '-')
	}
	return appendQuoted(dst, s)
}

// appendAddr appends an address without its zone, which has a meaning only on this host.
// An invalid address is "-".
func appendAddr(dst []byte, a netip.Addr) []byte {
	if !a.IsValid() {
		return append(dst, '-')
	}
	return a.Unmap().WithZone("").AppendTo(dst)
}
