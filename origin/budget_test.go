package origin

import (
	"testing"
	"time"
)

// Retries are at most a fifth of the requests, or three a second.
func TestRetryBudget(t *testing.T) {
	var b retryBudget
	spend := func(now time.Duration) (n int) {
		for b.allows(now) {
			b.take(now)
			n++
		}
		return n
	}
	if n := spend(0); n != budgetLeast {
		t.Errorf("without requests: %d", n)
	}
	for range 1000 {
		b.ask(time.Second)
	}
	if n := spend(time.Second); n != 200-budgetLeast {
		t.Errorf("of 1000 requests: %d more", n)
	}
	if n := spend(10 * time.Second); n != budgetLeast {
		t.Errorf("once the first retries are old: %d", n)
	}
	if n := spend(time.Hour); n != budgetLeast || b.asked != 0 {
		t.Errorf("once all is old: %d, %d requests", n, b.asked)
	}
}
