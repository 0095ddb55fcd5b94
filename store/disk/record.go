package disk

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/zeebo/xxh3"

	"brink/edge/wire"
	"brink/purge"
	"brink/store"
)

// A record is the value at one position of the log:
//
//	content | kind (1 byte) | checksum of both (8 bytes, big endian)
//
// The checksum is seeded with the position: a record that stands where another
// was written does not pass. A run's content is bytes of a body. A head's is an
// object: what is known of it, and either its body, if that is short, or the
// positions of its runs. Numbers are varints, texts have their length before
// them.
const (
	kindRun  = 'r'
	kindHead = 'h'

	sumSize  = 8
	sealSize = 1 + sumSize
	// inlineMax is the longest body that is written with its head, so that one
	// read brings both.
	inlineMax = store.RunSize
	// againMax is the longest body that is written again when its head is: a longer
	// one is then left where it is. It is also the longest that the response in an
	// index of variants has with it.
	againMax = 4 << 10
)

var (
	// errChecksum: a record is not what was written there.
	errChecksum = errors.New("checksum does not fit")
	// errMalformed: a record that passes its checksum makes no sense; another
	// version wrote it.
	errMalformed = errors.New("malformed record")
)

// seal makes content a record.
func seal(b []byte, pos position, kind byte) []byte {
	b = append(b, kind)
	return binary.BigEndian.AppendUint64(b, xxh3.HashSeed(b, uint64(pos)))
}

// unseal verifies a record and returns its content, aliasing b.
func unseal(b []byte, pos position, kind byte) ([]byte, error) {
	n := len(b) - sumSize
	if n < 1 || binary.BigEndian.Uint64(b[n:]) != xxh3.HashSeed(b[:n], uint64(pos)) {
		return nil, errChecksum
	}
	if b[n-1] != kind {
		return nil, errMalformed
	}
	return b[:n-1], nil
}

// appendHead appends the record of an object whose body is in the runs at
// its Location, or short enough to come along.
func appendHead(b []byte, o *store.Object, pos position) []byte {
	start := len(b)
	b = appendObject(b, o)
	return append(b[:start], seal(b[start:], pos, kindHead)...)
}

// parseHead returns the object of a head's record. Its body is there, aliasing b,
// if it was written with the head; its Location says where the body is unless that
// is to be written again with the next head.
func parseHead(b []byte, pos position) (*store.Object, error) {
	b, err := unseal(b, pos, kindHead)
	if err != nil {
		return nil, err
	}
	p := parser{rest: b}
	o := p.object(true)
	if p.failed || len(p.rest) > 0 {
		return nil, errMalformed
	}
	if err := sensible(o); err != nil {
		return nil, err
	}
	if o.Body != nil && o.Length > againMax {
		o.SetLocation(locationOf(pos))
	}
	return o, nil
}

// locationOf is the place of a body that was written with the head at pos.
func locationOf(pos position) *store.Location { return &store.Location{Runs: []uint64{uint64(pos)}} }

// bodyIn returns the body that was written with the head of a record.
func bodyIn(record []byte, pos position) ([]byte, error) {
	o, err := parseHead(record, pos)
	if err != nil {
		return nil, err
	}
	if len(o.Body) != 1 {
		return nil, fmt.Errorf("%w: a head without body", errMalformed)
	}
	return o.Body[0], nil
}

// sensible checks what the rest of the node takes for granted.
func sensible(o *store.Object) error {
	if v := o.Variants; v != nil && v.Plain != nil {
		if err := sensible(v.Plain); err != nil {
			return err
		}
	}
	if p := o.Partial; p != nil && (p.First < 0 || p.First > p.Whole || o.Length > p.Whole-p.First) {
		return fmt.Errorf("%w: part %d+%d of %d", errMalformed, p.First, o.Length, p.Whole)
	}
	var n int64
	for _, run := range o.Body {
		n += int64(len(run))
	}
	if o.Length < 0 || o.Location() == nil && n != o.Length || o.Location() != nil && runCount(o.Length) != len(o.Location().Runs) {
		return fmt.Errorf("%w: body of %d bytes", errMalformed, o.Length)
	}
	return nil
}

// runCount is in how many runs a body of n bytes is written.
func runCount(n int64) int { return int((n + store.RunSize - 1) / store.RunSize) }

func appendObject(b []byte, o *store.Object) []byte {
	b = appendKey(b, o.Key)
	b = appendKey(b, o.Primary)
	b = appendText(b, o.Text)
	b = appendNumber(b, int64(o.Head.Status))
	b = appendText(b, o.Head.Block)
	b = appendText(b, o.Head.Hidden)
	l := &o.Lifetime
	for _, t := range [...]store.Instant{l.Born, l.Fresh, l.Stale, l.IfError} {
		b = appendNumber(b, int64(t))
	}
	b = append(b, byte(l.Flags>>8), byte(l.Flags), byte(l.Source))
	b = appendSelector(b, o.Selector)
	b = appendCount(b, len(o.Tags))
	for _, tag := range o.Tags {
		b = appendKey(b, store.Key(tag))
	}
	b = appendKey(b, store.Key(o.Site))
	b = binary.AppendUvarint(b, uint64(o.Stamp))
	b = appendNumber(b, o.Length)
	b = appendPartial(b, o.Partial)
	b = appendVariants(b, o.Variants)
	return appendBody(b, o)
}

func appendPartial(b []byte, p *store.Partial) []byte {
	if p == nil {
		return append(b, 0)
	}
	return appendNumber(appendNumber(append(b, 1), p.First), p.Whole)
}

func appendVariants(b []byte, v *store.Variants) []byte {
	if v == nil {
		return append(b, 0)
	}
	b = append(b, 1)
	b = appendCount(b, len(v.Selectors))
	for _, s := range v.Selectors {
		b = appendSelector(b, s)
	}
	b = appendCount(b, len(v.Keys))
	for _, k := range v.Keys {
		b = appendKey(b, k)
	}
	b = appendCount(b, len(v.Languages))
	for _, l := range v.Languages {
		b = appendText(appendKey(appendText(b, l.Tag), l.Key), l.Text)
	}
	if v.Plain == nil {
		return append(b, 0)
	}
	return appendObject(append(b, 1), v.Plain)
}

// appendBody appends the body, or where its runs are.
func appendBody(b []byte, o *store.Object) []byte {
	if o.Location() == nil {
		b = append(b, 0)
		for _, run := range o.Body {
			b = append(b, run...)
		}
		return b
	}
	b = append(b, 1)
	b = appendCount(b, len(o.Location().Runs))
	last := uint64(0)
	for _, pos := range o.Location().Runs {
		b = binary.AppendUvarint(b, pos-last)
		last = pos
	}
	return b
}

func appendKey(b []byte, k store.Key) []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(b, k.Hi), k.Lo)
}

func appendText[T ~string | ~[]byte](b []byte, text T) []byte {
	return append(appendCount(b, len(text)), text...)
}

func appendSelector(b []byte, s store.Selector) []byte {
	b = appendCount(b, len(s))
	for _, name := range s {
		b = appendText(b, name)
	}
	return b
}

func appendCount(b []byte, n int) []byte { return binary.AppendUvarint(b, uint64(n)) }

func appendNumber(b []byte, n int64) []byte { return binary.AppendVarint(b, n) }

// parser takes a record's content apart. After the first fault all it gives is
// nothing.
type parser struct {
	rest   []byte
	failed bool
}

func (p *parser) fail() {
	p.rest, p.failed = nil, true
}

// object parses an object. Only an outer one may be an index of variants.
func (p *parser) object(outer bool) *store.Object {
	o := &store.Object{Key: p.key(), Primary: p.key(), Text: string(p.text())}
	p.head(&o.Head)
	l := &o.Lifetime
	for _, t := range [...]*store.Instant{&l.Born, &l.Fresh, &l.Stale, &l.IfError} {
		*t = store.Instant(p.number())
	}
	l.Flags = store.LifetimeFlags(p.byte())<<8 | store.LifetimeFlags(p.byte())
	l.Source = store.LifetimeSource(p.byte())
	o.Selector = p.selector()
	for range p.count(16) {
		o.Tags = append(o.Tags, purge.ID(p.key()))
	}
	o.Site = purge.ID(p.key())
	o.Stamp = purge.Seq(p.uvarint())
	o.Length = p.number()
	if p.flag() {
		o.Partial = &store.Partial{First: p.number(), Whole: p.number()}
	}
	if p.flag() {
		if !outer {
			p.fail()
			return o
		}
		o.Variants = p.variants()
	}
	p.body(o, outer)
	return o
}

func (p *parser) head(h *wire.Head) {
	h.Status = int(p.number())
	h.Block = append([]byte(nil), p.text()...)
	h.Hidden = append([]byte(nil), p.text()...)
	// An index of variants has no head.
	if len(h.Block)+len(h.Hidden) > 0 && !h.Index() {
		p.fail()
	}
}

func (p *parser) variants() *store.Variants {
	v := new(store.Variants)
	for range p.count(1) {
		v.Selectors = append(v.Selectors, p.selector())
	}
	for range p.count(16) {
		v.Keys = append(v.Keys, p.key())
	}
	for range p.count(18) {
		v.Languages = append(v.Languages, store.Language{Tag: string(p.text()), Key: p.key(), Text: string(p.text())})
	}
	if p.flag() {
		v.Plain = p.object(false)
	}
	return v
}

// body parses the body, or where it is. One that is there is as much of the rest
// as its length says.
func (p *parser) body(o *store.Object, outer bool) {
	if p.flag() {
		location := new(store.Location)
		last := uint64(0)
		for range p.count(1) {
			last += p.uvarint()
			location.Runs = append(location.Runs, last)
		}
		o.SetLocation(location)
		return
	}
	most := int64(againMax)
	if outer {
		most = inlineMax
	}
	if o.Length < 0 || o.Length > min(most, int64(len(p.rest))) {
		p.fail()
		return
	}
	if o.Length > 0 {
		o.Body = [][]byte{p.rest[:o.Length:o.Length]}
		p.rest = p.rest[o.Length:]
	}
}

func (p *parser) byte() byte {
	if len(p.rest) == 0 {
		p.fail()
		return 0
	}
	c := p.rest[0]
	p.rest = p.rest[1:]
	return c
}

func (p *parser) flag() bool {
	c := p.byte()
	if c > 1 {
		p.fail()
	}
	return c == 1
}

func (p *parser) uvarint() uint64 {
	v, n := binary.Uvarint(p.rest)
	if n <= 0 {
		p.fail()
		return 0
	}
	p.rest = p.rest[n:]
	return v
}

func (p *parser) number() int64 {
	v, n := binary.Varint(p.rest)
	if n <= 0 {
		p.fail()
		return 0
	}
	p.rest = p.rest[n:]
	return v
}

// count parses how many things follow, of which each takes at least size bytes.
func (p *parser) count(size int) int {
	n := p.uvarint()
	if n > math.MaxInt32 || n*uint64(size) > uint64(len(p.rest)) {
		p.fail()
		return 0
	}
	return int(n)
}

func (p *parser) text() []byte {
	n := p.count(1)
	b := p.rest[:n]
	p.rest = p.rest[n:]
	return b
}

func (p *parser) key() store.Key {
	if len(p.rest) < 16 {
		p.fail()
		return store.Key{}
	}
	k := store.Key{Hi: binary.BigEndian.Uint64(p.rest), Lo: binary.BigEndian.Uint64(p.rest[8:])}
	p.rest = p.rest[16:]
	return k
}

func (p *parser) selector() store.Selector {
	var s store.Selector
	for range p.count(1) {
		s = append(s, string(p.text()))
	}
	return s
}
