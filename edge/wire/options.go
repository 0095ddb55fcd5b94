package wire

import "bytes"

// maxOptions is how many options the Connection lines of a message may list. A
// message with more is refused: each field is compared with each option, and no
// software sends more than a few.
const maxOptions = 16

// Options are the options in the Connection lines of a message (RFC 9110 section
// 7.6.1). They alias the lines.
type Options struct {
	list  [maxOptions][]byte
	count int
}

// Options collects the options of f.
func (f *Fields) Options() (o Options) {
	w := optionWalk{fields: f, line: f.First(Connection)}
	for option, ok := w.next(); ok && o.count <= maxOptions; option, ok = w.next() {
		if o.count < maxOptions {
			o.list[o.count] = option
		}
		o.count++
	}
	return o
}

// Lists reports whether name is one of the options, compared without case. If
// there are more than maxOptions, as in fields that Parse has not seen, it reports
// true for every name.
func (o *Options) Lists(name []byte) bool {
	for i := range min(o.count, maxOptions) {
		if len(o.list[i]) == len(name) && bytes.EqualFold(o.list[i], name) {
			return true
		}
	}
	return o.count > maxOptions
}

// persistence is what the options say about the connection itself.
type persistence struct{ close, keepAlive, upgrade bool }

// persistence reads the options. It refuses more than maxOptions.
func (f *Fields) persistence() (p persistence, fault Fault) {
	w := optionWalk{fields: f, line: f.First(Connection)}
	count := 0
	for option, ok := w.next(); ok; option, ok = w.next() {
		if count++; count > maxOptions {
			return p, TooManyOptions
		}
		switch len(option) {
		case len("close"):
			p.close = p.close || EqualFold(option, "close")
		case len("upgrade"):
			p.upgrade = p.upgrade || EqualFold(option, "upgrade")
		case len("keep-alive"):
			p.keepAlive = p.keepAlive || EqualFold(option, "keep-alive")
		}
	}
	return p, None
}

// persists says whether the connection outlives the message (RFC 9112 section
// 9.3). "close" wins over "keep-alive".
func (p persistence) persists(minor uint8) bool {
	return !p.close && (minor == 1 || p.keepAlive)
}

// optionWalk walks over the options in all Connection lines. Options are tokens:
// every comma separates.
type optionWalk struct {
	fields *Fields
	line   int // index of the line that comes after rest; negative: none
	rest   []byte
}

func (w *optionWalk) next() (option []byte, ok bool) {
	for {
		for len(w.rest) > 0 {
			n := bytes.IndexByte(w.rest, ',')
			if n < 0 {
				n = len(w.rest)
			}
			option = Trim(w.rest[:n])
			w.rest = w.rest[min(n+1, len(w.rest)):]
			if len(option) > 0 {
				return option, true
			}
		}
		if w.line < 0 {
			return nil, false
		}
		w.rest = w.fields.List[w.line].Value
		w.line = w.fields.Next(w.line)
	}
}
