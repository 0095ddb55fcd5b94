package wire

import (
	"bytes"
	"math"
)

const (
	maxChunkLine   = 4 << 10  // bytes of a chunk's line with CRLF; one less is accepted
	maxOverhead    = 16 << 10 // bytes of extensions and needless zeros beyond bytes of data
	maxTrailers    = 16 << 10 // bytes of the trailer section
	maxTrailerList = 64       // trailer fields
	maxSizeDigits  = 16
	keptTrailers   = 1 << 10 // bytes of the section's memory that Reset keeps
)

// Decoder takes the chunked coding off (RFC 9112 section 7.1). The zero value
// is ready. Chunk extensions are checked and dropped; white space around them
// is not accepted. However the input is cut in pieces, the result is the same.
//
//	size --> [extension] --> CR LF --> data --> CR LF --> size
//	                           |
//	                           +-- size 0 --> trailers, empty line --> done
type Decoder struct {
	state    chunkState
	fault    Fault
	left     uint64 // the size while it is read, then the bytes of data to come
	digits   int    // of the size
	zeros    int    // of them, leading ones
	line     int    // bytes of the chunk's line
	overhead int64
	section  []byte // the trailer section
	trailers Fields // aliases section
}

type chunkState uint8

const (
	inSize chunkState = iota
	beforeName
	inName
	beforeValue
	inValue
	inQuotes
	inEscape
	afterQuotes
	beforeLineLF
	inData
	beforeDataCR
	beforeDataLF
	inTrailers
	finished
)

// Reset makes d ready for another message. It keeps its memory, unless one
// message made it large.
func (d *Decoder) Reset() {
	section, list := d.section[:0], d.trailers.List[:0]
	if cap(section) > keptTrailers {
		section, list = nil, nil
	}
	*d = Decoder{section: section, trailers: Fields{List: list}}
}

// Next takes bytes off src. It returns content that aliases src, if it came to
// any, and how much of src was used for it, the content included. It is called
// again with the rest of src until it uses nothing. Bytes after the coding are
// left in src. After a fault it returns the same fault for ever.
func (d *Decoder) Next(src []byte) (data []byte, used int, fault Fault) {
	for d.fault == None && used < len(src) && d.state != finished {
		switch d.state {
		case inData:
			n := int(min(d.left, uint64(len(src)-used)))
			d.left -= uint64(n)
			if d.left == 0 {
				d.state = beforeDataCR
			}
			return src[used : used+n : used+n], used + n, None
		case inTrailers:
			used += d.takeTrailers(src[used:])
		default:
			d.fault = d.step(src[used])
			used++
		}
	}
	if d.fault != None {
		return nil, 0, d.fault
	}
	return nil, used, None
}

// Done reports whether the last chunk and the trailers have been read.
func (d *Decoder) Done() bool { return d.state == finished && d.fault == None }

// step takes one byte outside data and trailers.
func (d *Decoder) step(c byte) Fault {
	switch d.state {
	case beforeLineLF:
		return d.endLine(c)
	case beforeDataCR:
		if c != '\r' {
			return BadChunkEnd
		}
		d.state = beforeDataLF
		return None
	case beforeDataLF:
		if c != '\n' {
			return BadChunkEnd
		}
		d.state, d.digits, d.zeros, d.line = inSize, 0, 0, 0
		return None
	}
	if d.line++; d.line > maxChunkLine-1-len("\n") {
		return ChunkLineTooLong
	}
	if d.state == inSize {
		return d.stepSize(c)
	}
	return d.stepExtension(c)
}

func (d *Decoder) stepSize(c byte) Fault {
	isHex := IsHex(c)
	switch {
	case isHex && d.digits < maxSizeDigits:
		v := HexValue(c)
		if d.left == 0 && v == 0 {
			d.zeros++
		}
		d.left = d.left<<4 | uint64(v)
		d.digits++
	case isHex || d.digits == 0 || d.left > math.MaxInt64:
		return BadChunkSize
	case c == ';':
		d.state = beforeName
	case c == '\r':
		d.state = beforeLineLF
	default:
		return BadChunkSize
	}
	return None
}

// stepExtension takes a byte of chunk-ext (RFC 9112 section 7.1.1).
func (d *Decoder) stepExtension(c byte) Fault {
	switch {
	case d.state == inEscape && !isControlInText(c):
		d.state = inQuotes
	case d.state == inQuotes && c == '"':
		d.state = afterQuotes
	case d.state == inQuotes && c == '\\':
		d.state = inEscape
	case d.state == inQuotes && !isControlInText(c):
	case d.state == inEscape || d.state == inQuotes:
		return BadChunkExtension
	case d.state == beforeValue && c == '"':
		d.state = inQuotes
	case d.state != afterQuotes && IsTokenByte(c):
		if d.state == beforeName || d.state == beforeValue {
			d.state++
		}
	case d.state == beforeName || d.state == beforeValue:
		return BadChunkExtension
	case c == '=' && d.state == inName:
		d.state = beforeValue
	case c == ';':
		d.state = beforeName
	case c == '\r':
		d.state = beforeLineLF
	default:
		return BadChunkExtension
	}
	return None
}

func isControlInText(c byte) bool { return isControl(c) && c != '\t' }

// endLine takes the LF of a chunk's line.
func (d *Decoder) endLine(c byte) Fault {
	if c != '\n' {
		return BadLineEnd
	}
	needless := d.line - len("\r") - d.digits + d.zeros
	d.overhead += int64(needless) - int64(min(d.left, math.MaxInt32))
	d.overhead = max(d.overhead, 0)
	if d.overhead > maxOverhead {
		return TooMuchOverhead
	}
	d.state = inData
	if d.left == 0 {
		d.state = inTrailers
		d.section = d.section[:0]
	}
	return None
}

// takeTrailers keeps the trailer section up to its next line end, or all of b,
// and reads the fields once it is complete. It returns what it took of b.
func (d *Decoder) takeTrailers(b []byte) int {
	n := bytes.IndexByte(b, '\n') + 1
	ended := n > 0
	if !ended {
		n = len(b)
	}
	if len(d.section)+n > maxTrailers {
		d.fault = TrailersTooLarge
		return n
	}
	d.section = append(d.section, b[:n]...)
	switch {
	case !ended:
	case len(d.section) < 2 || d.section[len(d.section)-2] != '\r':
		d.fault = BadLineEnd
	case endsInEmptyLine(d.section):
		d.fault = d.trailers.parse(d.section, maxTrailerList)
		d.trailers.dropForbidden()
		d.state = finished
	}
	return n
}
