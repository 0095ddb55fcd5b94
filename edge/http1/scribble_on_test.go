//go:build invariants

package http1

import (
	"bytes"
	"testing"

	"brink/edge/engine"
	"brink/edge/message"
)

// What a handler holds on to beyond Done is garbage at once, not by chance.
func TestScribble(t *testing.T) {
	var kept [][]byte
	f := &fake{silent: true, try: func(x *message.Exchange) bool {
		x.Scratch = append(x.Scratch[:0], "scratch"...)
		x.KeyText = append(x.KeyText[:0], "key"...)
		kept = [][]byte{x.Request.Verb, x.Request.URL.Target, x.Request.Fields.List[0].Value, x.Scratch, x.KeyText}
		give(x, 200, "")
		return true
	}}
	e := New(f, engine.Config{}, nil)
	defer e.Close()
	e.Serve(&counted{in: browser}, nil)
	for i, b := range kept {
		if len(b) == 0 || bytes.Count(b, []byte{0xDB}) != len(b) {
			t.Errorf("%d: %q", i, b)
		}
	}
}
