package edge

import (
	"brink/edge/message"
	"brink/edge/semantics"
	"brink/purge"
	"brink/store"
)

// lookup finds what is stored for the request and judges it. Afterwards
// v.found is the stored response or nil, and v.decision says what it is good
// for (Gone where there is none).
func (n *Node) lookup(x *message.Exchange, v *visit) {
	n.key(x, v)
	v.found, v.covered = n.recall(x, v, v.primary, x.Key)
	v.index = nil
	miss := message.ReasonURIMiss
	if v.found != nil && v.found.Variants != nil {
		v.index = v.found.Variants
		n.selectVariant(x, v)
		miss = message.ReasonVaryMiss
		if v.found == nil && v.covered == purge.Hard {
			miss = message.ReasonPurged
		}
	}
	n.judge(x, v, miss)
}

// recall returns what RAM has for a key, if it is for the visit.
func (n *Node) recall(x *message.Exchange, v *visit, key store.Key, text []byte) (*store.Object, purge.Verdict) {
	o, covered := n.store.Get(key, text)
	if o == nil || !v.takes(&x.Request, o) {
		return nil, covered
	}
	n.store.Asked(o, v.rule.Disk)
	return o, covered
}

// takes reports whether o may answer the request at all: the path may use the tier
// that has the body; if o sets cookies, the rule still shares them; and if neither
// origin nor rule said that o may be shared, the origin does not know the client.
func (v *visit) takes(r *message.Request, o *store.Object) bool {
	rules := &v.rule.Semantics
	switch flags := o.Lifetime.Flags; {
	case o.Remote() && v.rule.Disk == store.AdmitNever,
		flags&store.WithCookies != 0 && !rules.StoreSetCookie,
		flags&store.WithPrivate != 0 && !rules.StorePrivate,
		flags&store.WithCredential != 0 && !rules.StoreAuthorization:
		return false
	}
	return o.Lifetime.Flags&store.Unspoken == 0 || !semantics.Known(r, rules, o.Selector)
}

// judge decides about the use of v.found. miss is why there may be none.
func (n *Node) judge(x *message.Exchange, v *visit, miss message.Reason) {
	if v.found == nil {
		v.decision = semantics.Decision{Use: semantics.Gone, Reason: miss}
		return
	}
	v.decision = semantics.Judge(&v.found.Lifetime, &v.directives, &v.rule.Semantics, v.covered, x.Now)
}

// key makes the key of the request's URL.
func (n *Node) key(x *message.Exchange, v *visit) {
	r, k := &x.Request, &v.rule.Semantics.Key
	u := n.keyURL(v, &r.URL, k)
	x.Key = semantics.AppendKey(x.Key[:0], u, &r.Fields, k)
	v.primary = n.store.Hash(x.Key)
	v.key, v.text = v.primary, x.Key
}

// purgeKey returns the key that purges of the request's URL use. It is made at the
// first call, as hits do not need it. v.primary must be set.
func (n *Node) purgeKey(r *message.Request, v *visit) store.Key {
	if v.purgeKey != (store.Key{}) {
		return v.purgeKey
	}
	k := &v.rule.Semantics.Key
	if len(r.URL.Host) > len(r.URL.Name) || k.HasFields(&r.Fields) {
		v.purgeKey, v.plain = n.urlKey(v.plain, &r.URL, k)
	} else {
		v.purgeKey = v.primary
	}
	return v.purgeKey
}

// selectVariant turns the index in v.found into the stored response that the
// request's fields select, the newest one where several do (RFC 9111 section
// 4.1). If none is stored, v.key is where one would be.
func (n *Node) selectVariant(x *message.Exchange, v *visit) {
	index := v.found.Variants
	v.selectors, v.found = index.Selectors, nil
	for i, sel := range index.Selectors {
		key, text := v.primary, x.Key
		o, covered := index.Plain, purge.Untouched
		if len(sel) > 0 {
			key, text = n.variantKey(x, v, sel)
			o, covered = n.recall(x, v, key, text)
		} else if o != nil {
			covered = n.store.Verdict(o)
		}
		if covered == purge.Hard || o != nil && !v.takes(&x.Request, o) {
			o = nil
		}
		newer := o != nil && (v.found == nil || o.Lifetime.Born > v.found.Lifetime.Born)
		if newer || i == 0 {
			v.key, v.text, v.found, v.covered = key, text, o, covered
		}
	}
	if v.found == nil && len(index.Languages) > 0 {
		n.selectLanguage(x, v, index)
	}
}

// variantKey makes the key of the variant that the request selects by sel.
func (n *Node) variantKey(x *message.Exchange, v *visit, sel store.Selector) (store.Key, []byte) {
	start := len(v.variant)
	v.variant = semantics.AppendVariant(v.variant, x.Key, sel, &x.Request.Fields, &v.rule.Semantics)
	text := v.variant[start:]
	return n.store.Hash(text), text
}

// lookupVariant is lookup where it is known that the URL varies by sel. The
// response that showed it may not be in the index yet.
func (n *Node) lookupVariant(x *message.Exchange, v *visit, sel store.Selector) {
	v.key, v.text = n.variantKey(x, v, sel)
	v.selectors = append(v.selectors[:len(v.selectors):len(v.selectors)], sel)
	v.found, v.covered = n.recall(x, v, v.key, v.text)
	n.judge(x, v, message.ReasonVaryMiss)
}

// selectLanguage finds, where no variant fits the request's languages as they
// are, the one in the language that it likes best. Under the key that the index
// has there may be one in another language by now.
func (n *Node) selectLanguage(x *message.Exchange, v *visit, index *store.Variants) {
	start := len(v.variant)
	v.variant = semantics.FavouriteLanguage(v.variant, &x.Request.Fields)
	favourite := v.variant[start:]
	for i := range index.Languages {
		l := &index.Languages[i]
		if l.Tag != string(favourite) {
			continue
		}
		text := append(v.variant[len(v.variant):], l.Text...)
		if o, covered := n.recall(x, v, l.Key, text); o != nil && covered != purge.Hard && semantics.InLanguage(o, favourite) {
			v.key, v.text, v.found, v.covered = l.Key, text, o, covered
		}
		return
	}
}

// urlKey hashes a URL without the rule's key fields, so that a purge of the
// URL covers all that is stored under it. scratch is grown and returned.
func (n *Node) urlKey(scratch []byte, u *message.URL, k *semantics.KeyRules) (store.Key, []byte) {
	scratch = semantics.AppendKey(scratch[:0], u, nil, k)
	return n.store.Hash(scratch), scratch[:0]
}
