package bus

import (
	"encoding/binary"
	"errors"
	"fmt"

	"brink/purge"
)

// Limits of one message.
const (
	maxItems   = 10_000
	maxMessage = 512 << 10 // bytes, some for what stands before the items
	maxText    = purge.MaxName
	maxID      = 255 // bytes of a node's id, as in the conf
	headRoom   = maxID + 32
)

const (
	messageVersion = 1
	flagLost       = 1 // more was purged than the message says
	softBit        = 0x80
)

// message is what was purged at one time on one node.
//
//	version | flags | node | counter | number of items | items
//
// Numbers are varints, texts have their length before them. An item is a kind, a
// name, and where the kind has one a site. Each message has one encoding only.
type message struct {
	node    string
	counter uint64 // of the node's messages since it started
	lost    bool   // the node has forgotten some of what it was to purge
	items   []purge.Item
}

var (
	errVersion = errors.New("it is of a version that this node does not know")
	errForm    = errors.New("it is malformed")
)

func (m *message) append(b []byte) []byte {
	var flags byte
	if m.lost {
		flags = flagLost
	}
	b = append(b, messageVersion, flags)
	b = appendText(b, m.node)
	b = binary.AppendUvarint(b, m.counter)
	b = binary.AppendUvarint(b, uint64(len(m.items)))
	for i := range m.items {
		b = appendItem(b, &m.items[i])
	}
	return b
}

func appendItem(b []byte, item *purge.Item) []byte {
	k := byte(item.Kind)
	if item.Soft {
		k |= softBit
	}
	b = append(b, k)
	if item.Kind == purge.All {
		return b
	}
	b = appendText(b, item.Name)
	if hasSite(item.Kind) {
		b = appendText(b, item.Site)
	}
	return b
}

// hasSite reports whether items of a kind name a site, or an origin.
func hasSite(k purge.Kind) bool { return k == purge.SiteTag || k == purge.Group }

func appendText(b []byte, text string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

// checkItem accepts what can travel.
func checkItem(item *purge.Item) error {
	switch {
	case !known(item.Kind):
		return fmt.Errorf("cannot send a purge of %v", item.Kind)
	case len(item.Name) > maxText, len(item.Site) > maxText:
		return fmt.Errorf("cannot send a name of more than %d bytes", maxText)
	}
	return nil
}

func known(k purge.Kind) bool {
	switch k {
	case purge.URL, purge.Prefix, purge.Tag, purge.SiteTag, purge.Host, purge.Site, purge.All, purge.Group:
		return true
	}
	return false
}

// parseMessage accepts exactly what append makes. Errors wrap errVersion or errForm.
func parseMessage(b []byte) (*message, error) {
	if len(b) > 0 && b[0] != messageVersion {
		return nil, errVersion
	}
	r := reader{b: b}
	r.byte()
	flags := r.byte()
	m := &message{lost: flags == flagLost, node: r.id(), counter: r.number()}
	n := r.number()
	if flags&^flagLost != 0 || n > maxItems || n == 0 && !m.lost {
		return nil, errForm
	}
	for range n {
		m.items = append(m.items, r.item())
		if r.bad {
			return nil, errForm
		}
	}
	if r.bad || len(r.b) > 0 {
		return nil, errForm
	}
	return m, nil
}

// reader takes a message apart. Once it is bad, all it gives is zero.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) fail() { r.b, r.bad = nil, true }

func (r *reader) byte() (c byte) {
	if len(r.b) == 0 {
		r.fail()
		return 0
	}
	c, r.b = r.b[0], r.b[1:]
	return c
}

// number refuses varints that are longer than they need be.
func (r *reader) number() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 || n > 1 && r.b[n-1] == 0 {
		r.fail()
		return 0
	}
	r.b = r.b[n:]
	return v
}

// id reads the id of a node.
func (r *reader) id() string { return r.atMost(maxID) }

func (r *reader) text() string { return r.atMost(maxText) }

func (r *reader) atMost(most uint64) string {
	n := r.number()
	if n > most || n > uint64(len(r.b)) {
		r.fail()
		return ""
	}
	text := string(r.b[:n])
	r.b = r.b[n:]
	return text
}

func (r *reader) item() (item purge.Item) {
	k := r.byte()
	item.Kind, item.Soft = purge.Kind(k&^softBit), k&softBit != 0
	if !known(item.Kind) {
		r.fail()
		return item
	}
	if item.Kind == purge.All {
		return item
	}
	item.Name = r.text()
	if hasSite(item.Kind) {
		item.Site = r.text()
	}
	return item
}
