package wire

import "encoding/binary"

// Every field line passes NameOf, so it has to be fast. A hash of the length and of three
// bytes finds the one candidate, which is then compared without case, eight bytes at a time.
// The hash has no collisions among the known names. The multiplier for that is searched for
// once, at start.

const slotBits = 9

var (
	slots      [1 << slotBits]Name
	multiplier = perfectMultiplier()
)

// folded is a spelling in words of eight bytes, the last of which overlaps the
// one before. A bit of fold is set where a letter may be a capital.
type folded struct {
	word, fold [4]uint64
	size       int
}

var foldedNames = func() (t [nameCount]folded) {
	for n := Other + 1; n < nameCount; n++ {
		t[n] = foldName(spellings[n])
	}
	return t
}()

func foldName(s string) (f folded) {
	var low, mask [32]byte // a name longer than this does not compile into the table
	for i := range len(s) {
		low[i] = Lower(s[i])
		if 'a' <= low[i] && low[i] <= 'z' {
			mask[i] = 0x20
		}
	}
	f.size = len(s)
	for i := 0; i < len(s); i += 8 {
		f.word[i/8] = wordAt(low[:len(s)], i)
		f.fold[i/8] = wordAt(mask[:len(s)], i)
	}
	return f
}

// wordAt returns the eight bytes of b at i, or the last eight if fewer follow,
// or all of b if it is shorter.
func wordAt(b []byte, i int) uint64 {
	switch n := len(b); {
	case i+8 <= n:
		return binary.LittleEndian.Uint64(b[i:])
	case n >= 8:
		return binary.LittleEndian.Uint64(b[n-8:])
	case n >= 4:
		return uint64(binary.LittleEndian.Uint32(b)) | uint64(binary.LittleEndian.Uint32(b[n-4:]))<<32
	default:
		return uint64(b[0]) | uint64(b[n/2])<<8 | uint64(b[n-1])<<16
	}
}

// is reports whether b, which has f's size, is f's name.
func (f *folded) is(b []byte) bool {
	for i := 0; i < len(b); i += 8 {
		if k := i / 8 % 4; wordAt(b, i)|f.fold[k] != f.word[k] {
			return false
		}
	}
	return true
}

func slotOf(b []byte, multiplier uint32) uint32 {
	n := len(b)
	x := uint32(n) | uint32(b[0]|0x20)<<8 | uint32(b[n/2]|0x20)<<16 | uint32(b[n-1]|0x20)<<24
	return x * multiplier >> (32 - slotBits)
}

func perfectMultiplier() uint32 {
	m := uint32(0x9e3779b1)
	for range 1 << 20 {
		if fillSlots(m) {
			return m
		}
		m = m*1664525 + 1013904223 | 1
	}
	panic("BUG: two names agree in length, first, middle and last byte")
}

func fillSlots(multiplier uint32) bool {
	slots = [len(slots)]Name{}
	for n := Other + 1; n < nameCount; n++ {
		i := slotOf(spellingBytes[n], multiplier)
		if slots[i] != Other {
			return false
		}
		slots[i] = n
	}
	return true
}

// NameOf identifies a field name without regard to case. It does not allocate.
func NameOf(b []byte) Name {
	if len(b) == 0 {
		return Other
	}
	n := slots[slotOf(b, multiplier)]
	if f := &foldedNames[n]; f.size == len(b) && f.is(b) {
		return n
	}
	return Other
}
