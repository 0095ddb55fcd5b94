package bus

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"brink/purge"
)

// Whoever reaches the bus can announce nodes. Their number is bounded, and so are their
// ids.
func TestNodesAreBounded(t *testing.T) {
	b := New(Options{Node: "a", Log: purge.NewLog(names, 0)})
	long := strings.Repeat("x", maxID+1)
	for i := range 3 * maxNodes {
		b.note(report{node: fmt.Sprint("stranger-", i), instance: 1})
		b.nodes.expect(fmt.Sprint("member-", i), "a", time.Now())
	}
	b.nodes.expect(long, "a", time.Now())
	if n := len(b.Nodes(0)); n > maxNodes+1 {
		t.Errorf("%d nodes", n)
	}
	if b.counts.refused.Load() == 0 {
		t.Error("nobody counts those that are left out")
	}
	b.note(report{node: "stranger-0", instance: 1, leaving: true})
	b.note(report{node: "late", instance: 1})
	if _, known := b.nodes.known["late"]; !known {
		t.Error("who comes when there is room is left out")
	}
	if _, ok := parseReport((&report{node: long}).append(nil)); ok {
		t.Error("an id is as long as it likes in a report")
	}
	if _, err := parseMessage((&message{node: long, items: everyKind}).append(nil)); err == nil {
		t.Error("an id is as long as it likes in a message")
	}
	if _, ok := parseReport((&report{node: long[1:]}).append(nil)); !ok {
		t.Error("the longest id is refused")
	}
}

// What waits for a fleet that is cut off is bounded in bytes, too: clients choose the
// URLs of it.
func TestQueueIsBounded(t *testing.T) {
	var q queue
	for i := range 1000 {
		q.addLocked(purge.Item{Kind: purge.URL, Name: fmt.Sprint("http://a.test/", i, strings.Repeat("x", 16<<10))})
		sum := 0
		for _, item := range q.items {
			sum += len(item.Name)
		}
		if sum > maxQueuedBytes {
			t.Fatalf("%d bytes wait", sum)
		}
	}
	if !q.lost || q.items != nil {
		t.Error("nothing says that some are lost")
	}
}

// A client that sends many long names cannot have them all wait in memory.
func TestUnsentIsBounded(t *testing.T) {
	var p publisher
	p.init()
	items := make([]purge.Item, 200)
	for i := range items {
		items[i] = purge.Item{Kind: purge.Tag, Name: fmt.Sprint(i, strings.Repeat("x", 16<<10))}
	}
	refused := false
	for range 20 {
		if _, err := p.add(items, false); err != nil {
			refused = true
		}
		if p.unsent > maxUnsent+len(items)*(17<<10) {
			t.Fatalf("%d bytes wait", p.unsent)
		}
	}
	if !refused {
		t.Error("nothing is refused")
	}
}
