package disk

// State is what a tier does.
//
//	Off <-> Serving <-> ReadOnly
//
// From Serving and ReadOnly a failure leads to Off, from where the tier comes
// back by itself: with the databases it had, or with new, empty ones.
type State uint8

const (
	Off      State = iota // nothing is found and nothing written: the node goes on without
	Serving               // all is well
	ReadOnly              // what is there is found, but nothing is written: the disk is full
)

func (s State) String() string {
	return [...]string{"off", "serving", "read-only"}[s]
}

// State returns what the tier does now.
func (t *Tier) State() State {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.mu.state
}

// setState changes the state, and reports it if it is another.
func (t *Tier) setState(s State, err error) {
	t.mu.Lock()
	before := t.mu.state
	t.mu.state = s
	t.mu.Unlock()
	if s != before && t.options.Report != nil {
		t.options.Report(s, err)
	}
}
