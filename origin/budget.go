package origin

import "time"

// A fetch is retried on another server only while retries are at most a fifth of the
// requests of the last ten seconds, or three a second. So if all servers fail, they get
// few more requests than clients send.
const (
	budgetSeconds = 10
	budgetShare   = 5
	budgetLeast   = 3 * budgetSeconds
)

// retryBudget counts requests and retries by the second. It is guarded by Origin.mu.
type retryBudget struct {
	second            int64 // the second of the newest counts
	requests, retries [budgetSeconds]int
	asked, retried    int    // the sums of these
	refused           uint64 // retries that were not allowed
}

// ask counts a request.
func (b *retryBudget) ask(now time.Duration) {
	b.move(now)
	b.requests[b.second%budgetSeconds]++
	b.asked++
}

// allows reports whether there may be one more retry.
func (b *retryBudget) allows(now time.Duration) bool {
	b.move(now)
	if b.retried < max(b.asked/budgetShare, budgetLeast) {
		return true
	}
	b.refused++
	return false
}

// take counts a retry.
func (b *retryBudget) take(now time.Duration) {
	b.move(now)
	b.retries[b.second%budgetSeconds]++
	b.retried++
}

// move drops what is older than ten seconds.
func (b *retryBudget) move(now time.Duration) {
	second := int64(now / time.Second)
	b.second = max(b.second, second-budgetSeconds)
	for b.second < second {
		b.second++
		i := b.second % budgetSeconds
		b.asked -= b.requests[i]
		b.retried -= b.retries[i]
		b.requests[i], b.retries[i] = 0, 0
	}
}
