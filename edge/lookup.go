package edge

import (
	"brink/edge/message"
	"brink/edge/semantics"
	"brink/purge"
	"brink/store"
)

// lookup finds the response in RAM for the request. Afterwards x.found is that response or
// nil, and x.decision says what it is good for (Gone if there is none).
func (n *Node) lookup(x *exchange) {
	n.key(x)
	x.found, x.covered = n.get(x, x.primary, x.KeyText)
	x.index = nil
	miss := message.ReasonURIMiss
	if x.found != nil && x.found.Variants != nil {
		x.index = x.found.Variants
		n.selectVariant(x)
		miss = message.ReasonVaryMiss
		if x.found == nil && x.covered == purge.Hard {
			miss = message.ReasonPurged
		}
	}
	n.decide(x, miss)
}

// get returns what RAM has for a key, if it may answer the request.
func (n *Node) get(x *exchange, key store.Key, text []byte) (*store.Object, purge.Verdict) {
	o, covered := n.store.Get(key, text)
	if o == nil || !x.mayUse(o) {
		return nil, covered
	}
	n.store.MarkUsed(o, x.rule.Disk)
	return o, covered
}

// mayUse reports whether o may answer the request at all. It may not if the rule forbids
// the disk that has the body, or no longer allows to share the cookies or the private
// content of o. If neither origin nor rule has said that o may be shared, it may not answer a
// known client.
func (x *exchange) mayUse(o *store.Object) bool {
	rules := &x.rule.Semantics
	switch flags := o.Lifetime.Flags; {
	case o.OnDisk() && x.rule.Disk == store.AdmitNever,
		flags&store.WithCookies != 0 && !rules.StoreSetCookie,
		flags&store.WithPrivate != 0 && !rules.StorePrivate,
		flags&store.WithCredential != 0 && !rules.StoreAuthorization:
		return false
	}
	return o.Lifetime.Flags&store.NoCacheInformation == 0 || !semantics.IdentifiesUser(&x.Request, rules, o.Selector)
}

// decide sets x.decision, which says what x.found is good for. miss is why there may be none.
func (n *Node) decide(x *exchange, miss message.Reason) {
	if x.found == nil {
		x.decision = semantics.Decision{Use: semantics.Gone, Reason: miss}
		return
	}
	x.decision = semantics.Judge(&x.found.Lifetime, &x.directives, &x.rule.Semantics, x.covered, x.Now)
}

// key makes the key of the request's URL.
func (n *Node) key(x *exchange) {
	r, k := &x.Request, &x.rule.Semantics.Key
	u := n.keyURL(x, &r.URL, k)
	x.KeyText = semantics.AppendKey(x.KeyText[:0], u, &r.Fields, k)
	x.primary = n.store.Hash(x.KeyText)
	x.key, x.text = x.primary, x.KeyText
}

// purgeKey returns the key that purges of the request's URL use. The first call makes it, as
// hits do not need it. x.primary must be set.
func (n *Node) purgeKey(x *exchange) store.Key {
	if x.purgeKey != (store.Key{}) {
		return x.purgeKey
	}
	r, k := &x.Request, &x.rule.Semantics.Key
	if len(r.URL.Host) > len(r.URL.Name) || k.HasFields(&r.Fields) {
		x.purgeKey, x.hashed = n.urlKey(x.hashed, &r.URL, k)
	} else {
		x.purgeKey = x.primary
	}
	return x.purgeKey
}

// selectVariant replaces the index in x.found by the stored response that the request's
// fields select: the newest of them, if there are several (RFC 9111 section 4.1). If none is
// stored, x.key is the key that it would have.
func (n *Node) selectVariant(x *exchange) {
	index := x.found.Variants
	x.selectors, x.found = index.Selectors, nil
	for i, sel := range index.Selectors {
		key, text := x.primary, x.KeyText
		o, covered := index.Plain, purge.Untouched
		if len(sel) > 0 {
			key, text = n.variantKey(x, sel)
			o, covered = n.get(x, key, text)
		} else if o != nil {
			covered = n.store.Verdict(o)
		}
		if covered == purge.Hard || o != nil && !x.mayUse(o) {
			o = nil
		}
		newer := o != nil && (x.found == nil || o.Lifetime.Born > x.found.Lifetime.Born)
		if newer || i == 0 {
			x.key, x.text, x.found, x.covered = key, text, o, covered
		}
	}
	if x.found == nil && len(index.Languages) > 0 {
		n.selectLanguage(x, index)
	}
}

// variantKey makes the key of the variant that the request selects by sel.
func (n *Node) variantKey(x *exchange, sel store.Selector) (store.Key, []byte) {
	text := x.texts.keep(semantics.AppendVariant(x.texts.all, x.KeyText, sel, &x.Request.Fields, &x.rule.Semantics))
	return n.store.Hash(text), text
}

// lookupVariant is lookup for a URL that is known to vary by sel. The response that showed
// this may not be in the index yet.
func (n *Node) lookupVariant(x *exchange, sel store.Selector) {
	x.key, x.text = n.variantKey(x, sel)
	x.selectors = append(x.selectors[:len(x.selectors):len(x.selectors)], sel)
	x.found, x.covered = n.get(x, x.key, x.text)
	n.decide(x, message.ReasonVaryMiss)
}

// selectLanguage finds the variant in the language that the request prefers. It is called if
// no variant was stored for the same Accept-Language. The variant is checked for its
// language, as another one may be stored under its key by now.
func (n *Node) selectLanguage(x *exchange, index *store.Variants) {
	favourite := x.texts.keep(semantics.FavouriteLanguage(x.texts.all, &x.Request.Fields))
	for i := range index.Languages {
		l := &index.Languages[i]
		if l.Tag != string(favourite) {
			continue
		}
		text := x.texts.keep(append(x.texts.all, l.Text...))
		if o, covered := n.get(x, l.Key, text); o != nil && covered != purge.Hard && semantics.InLanguage(o, favourite) {
			x.key, x.text, x.found, x.covered = l.Key, text, o, covered
		}
		return
	}
}

// urlKey hashes a URL without the rule's key fields, so that a purge of the URL covers all
// responses that are stored for it. It uses scratch as memory, and returns it grown.
func (n *Node) urlKey(scratch []byte, u *message.URL, k *semantics.KeyRules) (store.Key, []byte) {
	scratch = semantics.AppendKey(scratch[:0], u, nil, k)
	return n.store.Hash(scratch), scratch[:0]
}
