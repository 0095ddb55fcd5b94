package bus

import "testing"

func TestReport(t *testing.T) {
	for _, p := range []report{
		{node: "edge-1", instance: 1<<63 + 5, applied: 123},
		{node: "n", leaving: true},
	} {
		b := p.append(nil)
		if got, ok := parseReport(b); !ok || got != p {
			t.Errorf("%+v, %t", got, ok)
		}
		for i := range b {
			if got, ok := parseReport(b[:i]); ok {
				t.Errorf("the first %d bytes are %+v", i, got)
			}
		}
		if _, ok := parseReport(append(b, 0)); ok {
			t.Error("a byte too many")
		}
		b[0]++
		if _, ok := parseReport(b); ok {
			t.Error("another version")
		}
	}
}
