package origin

import (
	"strings"
	"testing"
)

// Smooth weighted round robin: turns of a heavy server are spread, and a server that may
// not be asked gains no credit meanwhile.
func TestRoundRobin(t *testing.T) {
	const a, b, c = 0, 1, 2
	for _, test := range []struct {
		weights    []int
		candidates [][]int // of each choice in turn; the last one is repeated
		want       string
	}{
		{[]int{1}, [][]int{{a}}, "aaa"},
		{[]int{1, 1}, [][]int{{a, b}}, "ababab"},
		{[]int{5, 1, 1}, [][]int{{a, b, c}}, "aabacaaaabacaa"},
		{[]int{2, 1}, [][]int{{a, b}}, "abaaba"},
		{[]int{1, 1}, [][]int{{b}, {b}, {b}, {a, b}}, "bbbabab"},
		{[]int{1, 1, 1}, [][]int{{a, c}}, "acac"},
	} {
		var servers []*server
		for _, w := range test.weights {
			servers = append(servers, &server{weight: w})
		}
		var got strings.Builder
		for i := range test.want {
			var candidates []*server
			for _, k := range test.candidates[min(i, len(test.candidates)-1)] {
				candidates = append(candidates, servers[k])
			}
			chosen := roundRobin{}.next(candidates, nil, nil)
			for k, s := range servers {
				if s == chosen {
					got.WriteByte("abc"[k])
				}
			}
		}
		if got.String() != test.want {
			t.Errorf("weights %d, candidates %d: %s, want %s", test.weights, test.candidates, got.String(), test.want)
		}
	}
}
