package fetch

import (
	"errors"

	"brink/edge/message"
	"brink/edge/semantics"
	"brink/edge/wire"
	"brink/origin"
	"brink/store"
)

// judge says whether a response may be stored, for how long, and by which request fields
// it was selected.
func (a *asking) judge(resp *origin.Response, t semantics.Times) (store.Lifetime, store.Selector, semantics.Refusal) {
	response := semantics.Response{Status: resp.Status, Fields: &resp.Fields, Length: resp.Length}
	return semantics.Store(a.Request, &response, &a.Rule.Semantics, t)
}

// object makes the object of a response, or says why it is not to be stored.
func (f *fetch) object(a answer) (*store.Object, semantics.Refusal) {
	resp, times := a.response, semantics.Times{Asked: a.asked, Answered: f.Now()}
	life, selector, why := f.judge(resp, times)
	if !why.Stored() {
		return nil, why
	}
	f.result.Age = semantics.ReceivedAge(&resp.Fields)
	if !f.learnSearch(&resp.Fields) {
		return nil, semantics.Refusal{Reason: message.ReasonVaryMiss}
	}
	names := f.Purges.Names()
	o := &store.Object{
		Primary: f.URL, Site: names.Site(f.Site.Name), Tags: semantics.Tags(names, &f.Request.URL, &resp.Fields),
		Lifetime: life, Stamp: f.Stamp, Length: max(resp.Length, 0), Selector: selector, Admission: f.Rule.Disk,
	}
	if resp.Status == 206 && !f.markPart(o, a) {
		return nil, semantics.Refusal{Reason: message.ReasonBadRange}
	}
	semantics.RenderHead(&o.Head, resp.Status, &resp.Fields, int64(times.Answered/store.Second), f.Rule.SharedHead)
	f.keepCookies(&resp.Fields)
	f.setKey(o)
	return o, semantics.Refusal{}
}

// setKey gives o its key: the URL's, or that of the variant it is.
func (f *fetch) setKey(o *store.Object) {
	if len(o.Selector) == 0 {
		o.Key, o.Text = f.Primary, string(f.Text)
		return
	}
	text := semantics.AppendVariant(nil, f.Text, o.Selector, &f.Request.Fields, &f.Rule.Semantics)
	o.Key, o.Text = f.Store.Hash(text), string(text)
}

// share starts to share o, whose body follows, or says why it cannot. A shared
// response may still turn out to be too large to be kept.
func (f *fetch) share(o *store.Object, resp *origin.Response) semantics.Refusal {
	length := resp.Length
	if o.Partial != nil {
		length = o.Length
	}
	f.result.Stored = true
	if limit := f.Store.Longest(o, length); length > limit {
		f.result.Stored, f.result.Refusal = false, semantics.TooLarge(length, limit)
	}
	err := f.start(o, length)
	if err == nil {
		return semantics.Refusal{}
	}
	if large, ok := errors.AsType[*store.TooLargeError](err); ok {
		return semantics.TooLarge(large.Length, large.Limit)
	}
	return noMemory(err)
}

// start shares o with all who wait. If the client whose goroutine it runs in leaves after
// that, the response goes on for the others.
func (f *fetch) start(o *store.Object, length int64) error {
	if !f.alone {
		return f.begin(o, length)
	}
	shared := false
	f.Client.Watch(nil)
	defer func() {
		if !shared {
			f.Client.Watch(f.Canceller)
		}
	}()
	if err := f.Canceller.Err(); err != nil {
		return err
	}
	err := f.begin(o, length)
	shared = err == nil
	return err
}

// begin starts the fill with o, and makes o known as a variant if it is one. The order
// counts: the leader has the result before Start wakes it, and from Start on the fill is
// found under o's own key.
func (f *fetch) begin(o *store.Object, length int64) error {
	f.openFill(o)
	f.fill.Limit(f.Rule.Semantics.MaxObject)
	f.hand(Shared, nil)
	if err := f.fill.Start(o, length); err != nil {
		return err
	}
	f.index(o)
	return nil
}

// openFill makes the fill of a request that fetches for itself, which had none.
func (f *fetch) openFill(o *store.Object) {
	if f.fill == nil {
		f.fill = f.Store.BeginPrivate(o.Key, f.URL, o.Text)
	}
	f.result.Fill = f.fill
}

// index makes o known as a variant, if it is one, and as the response in its language, if
// it is selected by that.
func (f *fetch) index(o *store.Object) {
	if len(o.Selector) == 0 {
		return
	}
	f.Store.Index(f.Primary, string(f.Text), o)
	if !semantics.ByLanguage(o.Selector) {
		return
	}
	var fields wire.Fields
	semantics.FieldsOf(&o.Head, &fields)
	if tag := semantics.ContentLanguage(&fields); tag != "" {
		f.Store.IndexLanguage(f.Primary, string(f.Text), tag, o)
	}
}

// noMemory is the refusal of a response for lack of memory.
func noMemory(err error) semantics.Refusal {
	if errors.Is(err, store.ErrCrowded) {
		return semantics.Refusal{Reason: message.ReasonBusy, Culprit: "site"}
	}
	return semantics.Refusal{Reason: message.ReasonBusy}
}

// longest returns how long the body of a response may be, in bytes, for the store
// to take it. It stores nothing.
func (a *asking) longest(resp *origin.Response) int64 {
	o := &store.Object{Text: string(a.Text), Admission: a.Rule.Disk}
	semantics.RenderHead(&o.Head, resp.Status, &resp.Fields, int64(a.Now()/store.Second), a.Rule.Head)
	return a.Store.Longest(o, resp.Length)
}
