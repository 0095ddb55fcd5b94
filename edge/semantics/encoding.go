package semantics

import "brink/edge/wire"

// coding is a set of the content codings that select a response.
type coding uint8

const (
	codingBr coding = 1 << iota
	codingGzip
	codingZstd
	allCodings = codingBr | codingGzip | codingZstd
)

var normalEncodings = [allCodings + 1][]byte{
	0:                       []byte(""),
	codingBr:                []byte("br"),
	codingGzip:              []byte("gzip"),
	codingZstd:              []byte("zstd"),
	codingBr | codingGzip:   []byte("br, gzip"),
	codingBr | codingZstd:   []byte("br, zstd"),
	codingGzip | codingZstd: []byte("gzip, zstd"),
	allCodings:              []byte("br, gzip, zstd"),
}

// normalEncoding reduces Accept-Encoding (RFC 9110 section 12.5.3) to one of
// eight constants: which of br, gzip and zstd the client takes at all, in this
// order; empty: only identity. It is what the key holds and what the origin is
// asked, so that every client that the answer suits finds it. Weights above
// zero are levelled, "*" stands for each of the three that is not named, other
// codings and malformed elements count for nothing. The result must not be
// written to.
func normalEncoding(f *wire.Fields) []byte {
	i := f.First(wire.AcceptEncoding)
	if i < 0 {
		return normalEncodings[0]
	}
	switch string(f.List[i].Value) {
	case "gzip, deflate, br, zstd": // of browsers, so that it need not be taken apart
		if f.Next(i) < 0 {
			return normalEncodings[allCodings]
		}
	case "gzip, deflate, br":
		if f.Next(i) < 0 {
			return normalEncodings[codingBr|codingGzip]
		}
	}
	return normalEncodings[acceptedCodings(f, i)]
}

// acceptedCodings reads the Accept-Encoding lines from List[i] on.
func acceptedCodings(f *wire.Fields, i int) coding {
	var taken, refused coding
	var star bool
	for ; i >= 0; i = f.Next(i) {
		for rest := f.List[i].Value; len(rest) > 0; {
			var element []byte
			element, rest = cutByte(rest, ',')
			name, weight, ok := weighted(element)
			if !ok {
				continue
			}
			c := codingOf(name)
			switch {
			case weight == 0:
				refused |= c
			case len(name) == 1 && name[0] == '*':
				star = true
			default:
				taken |= c
			}
		}
	}
	if star {
		taken = allCodings
	}
	return taken &^ refused
}

func codingOf(name []byte) coding {
	switch {
	case wire.EqualFold(name, "gzip"), wire.EqualFold(name, "x-gzip"):
		return codingGzip
	case wire.EqualFold(name, "br"):
		return codingBr
	case wire.EqualFold(name, "zstd"):
		return codingZstd
	}
	return 0
}

// weighted reads an element of a weighted list, token [;q=weight], the weight
// in thousandths (RFC 9110 section 12.4.2).
func weighted(element []byte) (name []byte, weight int, ok bool) {
	element = wire.Trim(element)
	n := tokenLen(element)
	name, rest := element[:n], skipBlank(element[n:])
	if n == 0 {
		return nil, 0, false
	}
	if len(rest) == 0 {
		return name, 1000, true
	}
	if rest[0] != ';' {
		return nil, 0, false
	}
	rest = skipBlank(rest[1:])
	if len(rest) < 3 || rest[0]|0x20 != 'q' || rest[1] != '=' {
		return nil, 0, false
	}
	weight, ok = qvalue(rest[2:])
	return name, weight, ok
}

// qvalue reads "0" or "1" with up to three decimals, at most 1.
func qvalue(b []byte) (thousandths int, ok bool) {
	if len(b) == 0 || len(b) > 5 || b[0] != '0' && b[0] != '1' || len(b) > 1 && b[1] != '.' {
		return 0, false
	}
	thousandths = int(b[0]-'0') * 1000
	for i, unit := 2, 100; i < len(b); i, unit = i+1, unit/10 {
		if b[i] < '0' || b[i] > '9' {
			return 0, false
		}
		thousandths += int(b[i]-'0') * unit
	}
	return thousandths, thousandths <= 1000
}
