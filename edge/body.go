package edge

import (
	"errors"
	"io"

	"brink/edge/semantics"
	"brink/origin"
	"brink/store"
)

// follow moves the body. Where the goroutine is that of the request, another
// one does it with a copy of the fetch, so that the request can read what
// arrives; the request itself is not looked at again.
func (f *fetch) follow(move func(f *fetch)) {
	if f.request == nil || f.up == nil {
		panic("BUG: the body is moved already")
	}
	f.handed = true
	f.up.response = nil // it outlives the request
	moved := *f
	moved.request, moved.up, moved.client, moved.led, moved.text, moved.id, moved.candidates = nil, nil, nil, nil, nil, nil, nil
	moved.leash = nil
	if f.own {
		f.node.fetches.Go(func() {
			defer moved.survive()
			move(&moved)
		})
		return
	}
	move(&moved)
}

// pump moves the body from the origin into the fill and completes it.
func (f *fetch) pump(resp *origin.Response) {
	defer resp.Close()
	if f.copyBody(resp) {
		f.complete()
	}
}

// copyBody moves the body from the origin into the fill. It reports false if
// that failed, and ended the fill.
func (f *fetch) copyBody(resp *origin.Response) bool {
	if f.own {
		resp.ServeTo(f.fill) // no longer for the client alone
	}
	for {
		b, err := resp.Next(true)
		if len(b) > 0 {
			if _, werr := f.fill.Write(b); werr != nil {
				f.breakOff(werr)
				return false
			}
		}
		switch {
		case err == io.EOF:
			return true
		case err != nil:
			f.breakOff(err)
			return false
		}
	}
}

// breakOff ends the fill because the body did not arrive whole. After a refresh, the
// next one has to wait, as after any failed refresh. If nobody read the body, the next
// HEAD is passed on as it is, and starts no such fetch again.
func (f *fetch) breakOff(err error) {
	f.refreshFailed(err)
	if errors.Is(err, store.ErrUnread) {
		f.node.mark(f.alike, markUnread, f.node.now()+markSpan)
	}
	f.fill.Fail(err)
}

// refreshFailed notes that the body of a refresh did not arrive. No request waits for
// it that could report the error.
func (f *fetch) refreshFailed(err error) {
	if f.refreshes() {
		f.pauseRefresh()
		f.node.logFailure(f.state, err)
	}
}

// complete publishes the whole response. A part is added to what is stored of
// the representation by now, if it belongs to that.
func (f *fetch) complete() {
	var stored *store.Object
	if part := f.fill.Object(); part.Partial != nil {
		stored, _ = f.node.store.Get(part.Key, []byte(part.Text))
	}
	o, err := f.fill.Finish()
	if err != nil {
		f.refreshFailed(err)
		return
	}
	if o == nil {
		return
	}
	f.forget()
	f.node.store.Unmark(markUnstorable, o.Key)
	f.answered(o.Key)
	f.forgetFull()
	if stored != nil && stored.Variants == nil {
		if more := semantics.Combine(stored, o, f.rule.Head); more != nil {
			f.node.store.Replace(o, more)
		}
	}
}
