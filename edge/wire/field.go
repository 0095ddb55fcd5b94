package wire

import "slices"

// Field is one field line. Name and Value alias the bytes they were parsed
// from; Value has no surrounding white space. ID is NameOf(Name).
type Field struct {
	Name, Value []byte
	ID          Name
}

// Fields is a list of field lines in the order received, with an index of the
// names that brink acts upon. The zero value is empty and ready. It is reused
// with Reset and allocates only to grow.
type Fields struct {
	List []Field

	first [nameCount]uint16 // 1 + index in List of the first field with that ID; 0: none
}

// Reset empties f and keeps its memory.
func (f *Fields) Reset() {
	f.List = f.List[:0]
	f.first = [nameCount]uint16{}
}

// Append adds a field line. Both slices are kept, not copied.
func (f *Fields) Append(name, value []byte) {
	f.add(Field{Name: name, Value: value, ID: NameOf(name)})
}

// AppendField adds a field line, x.ID included. The slices are kept, not copied.
func (f *Fields) AppendField(x Field) { f.add(x) }

// AppendID adds a field line under the canonical spelling of id.
func (f *Fields) AppendID(id Name, value []byte) {
	f.add(Field{Name: id.Bytes(), Value: value, ID: id})
}

func (f *Fields) add(x Field) {
	f.List = append(f.List, x)
	if f.first[x.ID] == 0 {
		f.first[x.ID] = uint16(len(f.List))
	}
}

// Has reports whether there is a field with this name. id must not be Other.
func (f *Fields) Has(id Name) bool { return f.first[id] != 0 }

// Get returns the value of the first field with this name: nil if there is
// none, empty but not nil if its value is empty. id must not be Other.
func (f *Fields) Get(id Name) []byte {
	if i := f.first[id]; i != 0 {
		return f.List[i-1].Value
	}
	return nil
}

// First returns the index in List of the first field with this name, or -1.
func (f *Fields) First(id Name) int { return int(f.first[id]) - 1 }

// Next returns the index of the next field with the name of List[i], or -1.
// It is for known names: for i := f.First(id); i >= 0; i = f.Next(i).
func (f *Fields) Next(i int) int {
	id := f.List[i].ID
	for j := i + 1; j < len(f.List); j++ {
		if f.List[j].ID == id {
			return j
		}
	}
	return -1
}

// Lookup returns the value of the first field called name, compared without
// case, and whether there is one. It serves names that are configured.
func (f *Fields) Lookup(name string) ([]byte, bool) {
	for i := range f.List {
		if EqualFold(f.List[i].Name, name) {
			return f.List[i].Value, true
		}
	}
	return nil, false
}

// EqualFold reports whether name equals s, comparing ASCII letters without
// case.
func EqualFold(name []byte, s string) bool {
	if len(name) != len(s) {
		return false
	}
	for i := range len(s) {
		if Lower(name[i]) != Lower(s[i]) {
			return false
		}
	}
	return true
}

// Lower returns c, as a small letter if it is a capital.
func Lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c | 0x20
	}
	return c
}

// Grow makes room for n more field lines.
func (f *Fields) Grow(n int) { f.List = slices.Grow(f.List, n) }
