package semantics

import (
	"slices"

	"github.com/dunglas/httpsfv"

	"brink/edge/wire"
)

// SearchPolicy says which differences between the queries of two URLs do not
// matter for a stored response: its No-Vary-Search field
// (draft-ietf-httpbis-no-vary-search). nil is the policy of responses without
// one: every difference matters. It is immutable.
type SearchPolicy struct {
	anyOrder bool     // the order of parameters of different names does not matter
	listed   []string // names, decoded and sorted, each once: the parameters that do not matter or, if inverted, the only ones that matter
	inverted bool
}

// ParseSearchPolicy reads the No-Vary-Search field of a response; nil if there
// is none, if it is malformed, or if it changes nothing.
func ParseSearchPolicy(f *wire.Fields) *SearchPolicy {
	var lines []string
	for i := f.First(wire.NoVarySearch); i >= 0; i = f.Next(i) {
		lines = append(lines, string(f.List[i].Value))
	}
	dict, err := httpsfv.UnmarshalDictionary(lines)
	if err != nil {
		return nil
	}
	p := new(SearchPolicy)
	if !p.setOrder(dict) || !p.setParams(dict) {
		return nil
	}
	if !p.anyOrder && !p.inverted && len(p.listed) == 0 {
		return nil
	}
	return p
}

// Equal reports whether two policies, either of which may be nil, are the same.
func (p *SearchPolicy) Equal(o *SearchPolicy) bool {
	if p == nil || o == nil {
		return p == o
	}
	return p.anyOrder == o.anyOrder && p.inverted == o.inverted && slices.Equal(p.listed, o.listed)
}

// AppendID appends what tells the policy from all others, in bytes that no query
// begins with.
func (p *SearchPolicy) AppendID(dst []byte) []byte {
	flags := byte(0)
	if p.anyOrder {
		flags |= 1
	}
	if p.inverted {
		flags |= 2
	}
	dst = append(dst, flags, byte(len(p.listed)>>8), byte(len(p.listed)))
	for _, name := range p.listed {
		dst = appendText(dst, name)
	}
	return dst
}

func (p *SearchPolicy) setOrder(dict *httpsfv.Dictionary) (ok bool) {
	member, present := dict.Get("key-order")
	if !present {
		return true
	}
	item, _ := member.(httpsfv.Item)
	p.anyOrder, ok = item.Value.(bool)
	return ok
}

// setParams takes params, a flag or a list of names, and except, a list of
// names that only params=?1 can go with.
func (p *SearchPolicy) setParams(dict *httpsfv.Dictionary) (ok bool) {
	params, present := dict.Get("params")
	except, excepted := dict.Get("except")
	if !present {
		return !excepted
	}
	if item, single := params.(httpsfv.Item); single {
		if p.inverted, ok = item.Value.(bool); !ok || excepted && !p.inverted {
			return false
		}
		if !excepted {
			return true
		}
		params = except
	} else if excepted {
		return false
	}
	list, ok := params.(httpsfv.InnerList)
	if !ok {
		return false
	}
	p.listed = make([]string, 0, len(list.Items))
	for _, item := range list.Items {
		name, ok := item.Value.(string)
		if !ok {
			return false
		}
		p.listed = append(p.listed, string(appendDecoded(nil, []byte(name))))
	}
	slices.Sort(p.listed)
	p.listed = slices.Compact(p.listed)
	return true
}

// matters reports whether a parameter, with the name as sent, tells responses
// apart. It decodes the name behind scratch, which it returns as grown.
func (p *SearchPolicy) matters(name, scratch []byte) (matters bool, grown []byte) {
	start := len(scratch)
	scratch = appendDecoded(scratch, name)
	_, listed := slices.BinarySearchFunc(p.listed, scratch[start:], compareName)
	return listed == p.inverted, scratch[:start]
}

func compareName(listed string, name []byte) int {
	switch {
	case listed < string(name):
		return -1
	case listed > string(name):
		return 1
	}
	return 0
}

// AppendQuery appends query in a form that is the same for all queries that
// the policy does not tell apart, to be compared and hashed, not to be sent:
// the parameters that matter, decoded as those of a form, sorted by name if
// order does not matter, names and values each with their length. With p nil
// it appends query as it is. It allocates only to sort more than 32.
func (p *SearchPolicy) AppendQuery(dst, query []byte) []byte {
	if p == nil {
		return append(dst, query...)
	}
	var room [sortedInPlace][]byte
	params := room[:0]
	for rest := query; len(rest) > 0; {
		var param []byte
		if param, rest = cutByte(rest, '&'); len(param) == 0 {
			continue
		}
		name, _ := cutByte(param, '=')
		var matters bool
		if matters, dst = p.matters(name, dst); matters {
			params = append(params, param)
		}
	}
	if p.anyOrder {
		slices.SortStableFunc(params, compareDecodedNames)
	}
	for _, param := range params {
		name, value := cutByte(param, '=')
		dst = appendDecodedPart(dst, name)
		dst = appendDecodedPart(dst, value)
	}
	return dst
}

func compareDecodedNames(a, b []byte) int {
	a, _ = cutByte(a, '=')
	b, _ = cutByte(b, '=')
	for len(a) > 0 && len(b) > 0 {
		var x, y byte
		x, a = decodeByte(a)
		y, b = decodeByte(b)
		if x != y {
			return int(x) - int(y)
		}
	}
	return len(a) - len(b)
}

// appendDecodedPart appends b, the escapes of HTML forms decoded, as a part.
func appendDecodedPart(dst, b []byte) []byte {
	start := len(dst)
	dst = appendDecoded(append(dst, 0, 0, 0, 0), b)
	closePart(dst, start)
	return dst
}

func appendDecoded(dst, b []byte) []byte {
	for len(b) > 0 {
		var c byte
		c, b = decodeByte(b)
		dst = append(dst, c)
	}
	return dst
}
