package fetch

import (
	"fmt"

	"brink/edge/semantics"
	"brink/origin"
	"brink/store"
)

// Kind says what a fetch came to.
type Kind uint8

const (
	// Failed: there is no response to use. Err says why. If the origin answered with an
	// error to which a stored response is preferred, Err is a StatusError, and the
	// Result owns that answer, for the case that nothing stored may be used.
	Failed Kind = iota
	// Shared: Fill has the response, and its content arrives there. The caller has a
	// claim to the content.
	Shared
	// Private: the response is for the request that fetched it and nobody else. The Result
	// owns it.
	Private
	// Renewed: a 304 validated a stored response. Object is that with its fields updated.
	Renewed
)

var kinds = [...]string{Failed: "failed", Shared: "shared", Private: "private", Renewed: "renewed"}

func (k Kind) String() string { return kinds[k] }

// Result is what a fetch came to, for the request that fetched. Close it, or Take the
// response out of it.
type Result struct {
	Kind   Kind
	Err    error         // Failed
	Fill   *store.Fill   // Shared
	Object *store.Object // Renewed

	// Canceller ends the work for the client from now on; nil: the one that it had before.
	// The client has to be told to watch it.
	Canceller *origin.Canceller

	Status  int               // of the origin's last response; 0: none came
	Stored  bool              // the response is stored, or will be once it is whole
	Refusal semantics.Refusal // why it is not stored
	Age     int64             // that the response had when it came, in seconds; negative: none. Shared
	Cookies [][]byte          // the values of Set-Cookie for the request that fetched
	Recheck bool              // the response suggests that the stored one is out of date: refresh that

	response *origin.Response // owned; nil: none
}

// Take makes the caller the owner of the response, and returns nil if there is none.
func (r *Result) Take() *origin.Response {
	resp := r.response
	r.response = nil
	return resp
}

// Close closes the response, if the Result still owns one.
func (r *Result) Close() {
	if resp := r.Take(); resp != nil {
		resp.Close()
	}
}

// heed brings the result in line with how the wait for the fill ended: the content may have
// been broken off before the client came to read it.
func (r *Result) heed(outcome store.Outcome) {
	if outcome == store.Failed {
		r.Kind, r.Err = Failed, r.Fill.Err()
	}
}

// StatusError is an error response of the origin to which a stored response is preferred.
type StatusError int

func (e StatusError) Error() string { return fmt.Sprintf("origin answered %d", int(e)) }
