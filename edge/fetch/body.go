package fetch

import (
	"errors"
	"fmt"
	"io"
	"runtime/debug"

	"brink/edge/semantics"
	"brink/edge/site"
	"brink/origin"
	"brink/store"
)

// body is the last phase: it moves the content of a response into the fill, and owns the
// response. It has nothing of the request, which may have ended.
type body struct {
	notes

	fill     *store.Fill
	response *origin.Response
	rule     *site.Rule
	alone    bool          // one client alone asked for the response, which others share by now
	before   [][]byte      // of a stored part that comes before the content; nil: nothing
	after    [][]byte      // of one that follows it
	moved    chan struct{} // closed at the end; nil: nobody waits for it
}

// mover gives the response to the last phase: from here on the fetch does not own it, and
// the request's memory does not hold it.
func (f *fetch) mover(resp *origin.Response) *body {
	f.held, f.up.response = nil, nil
	return &body{notes: f.notes, fill: f.fill, response: resp, rule: f.Rule, alone: f.alone}
}

// move moves the content, completes the fill, and closes the response. On nil it does nothing.
func (b *body) move() {
	if b == nil {
		return
	}
	if b.moved != nil {
		defer close(b.moved)
	}
	defer b.survive()
	defer b.response.Close()
	if b.write(b.before) && b.copy() && b.write(b.after) {
		b.complete()
	}
}

// survive, deferred, ends the fill after a panic.
func (b *body) survive() {
	p := recover()
	if p == nil {
		return
	}
	b.shared.Panicked(p, debug.Stack())
	err := fmt.Errorf("%w: %v", ErrFault, p)
	b.pauseRefresh()
	b.state.failed(err)
	b.fill.Fail(err)
}

// copy moves the content from the origin into the fill. It reports false if
// that failed, and ended the fill.
func (b *body) copy() bool {
	if b.alone {
		b.response.ServeTo(b.fill) // no longer for the client alone
	}
	for {
		p, err := b.response.Next(true)
		if len(p) > 0 {
			if _, werr := b.fill.Write(p); werr != nil {
				b.breakOff(werr)
				return false
			}
		}
		switch {
		case err == io.EOF:
			return true
		case err != nil:
			b.breakOff(err)
			return false
		}
	}
}

// write copies the stored part into the fill. It reports false like copy.
func (b *body) write(part [][]byte) bool {
	for _, run := range part {
		if _, err := b.fill.Write(run); err != nil {
			b.breakOff(err)
			return false
		}
	}
	return true
}

// breakOff ends the fill because the body did not arrive whole. After a refresh, the
// next one has to wait, as after any failed refresh. If nobody read the body, the next
// HEAD is passed on as it is, and starts no such fetch again.
func (b *body) breakOff(err error) {
	b.noteCutOff(err)
	if errors.Is(err, store.ErrUnread) {
		b.noteUnread()
	}
	b.fill.Fail(err)
}

// noteCutOff notes that the body of a refresh did not arrive. No request waits for
// it that could report the error.
func (b *body) noteCutOff(err error) {
	if b.isRefresh() {
		b.pauseRefresh()
		b.state.failed(err)
	}
}

// complete publishes the whole response. A part is added to what is stored of
// the representation by now, if it belongs to that.
func (b *body) complete() {
	var stored *store.Object
	st := b.shared.Store
	if part := b.fill.Object(); part.Partial != nil {
		stored, _ = st.Get(part.Key, []byte(part.Text))
	}
	b.deleteOlder()
	o, err := b.fill.Finish()
	if err != nil {
		b.noteCutOff(err)
		return
	}
	if o == nil { // it was too large to be stored
		return
	}
	st.Unmark(markApart, o.Key)
	b.noteStored(o.Key)
	if stored != nil && stored.Variants == nil {
		if more := semantics.Combine(stored, o, b.rule.Head); more != nil {
			st.Replace(o, more)
		}
	}
}
