package semantics

import (
	"bytes"
	"cmp"
	"slices"

	"brink/edge/message"
	"brink/edge/wire"
	"brink/store"
)

// Response is the head of an origin's response.
type Response struct {
	Status int
	Fields *wire.Fields
	Length int64 // of the content in bytes; -1: not known
}

// Store decides whether a response may be stored, for how long, and by which
// request fields it was selected (RFC 9111 section 3). r is the request that it
// answers, rules those of its path. The lifetime and the selector are valid only
// without a refusal.
//
// The caller must check that the range of a 206 is the wanted one.
func Store(r *message.Request, resp *Response, rules *Rules, t Times) (store.Lifetime, store.Selector, Refusal) {
	p := policyOf(resp.Fields)
	own := rules.otherType(resp)
	why := cmp.Or(
		because(requestForbids(r, rules)),
		because(statusForbids(r, resp, &p)),
		policyForbids(resp, &p, rules),
		typeForbids(resp, &p, rules, own),
		fieldsForbid(resp, rules),
	)
	rules = own
	if !why.Stored() {
		return store.Lifetime{}, nil, why
	}
	selector, reason := selects(resp.Fields)
	why = cmp.Or(varyForbids(resp, reason), privacyForbids(r, resp, selector, &p, rules))
	if !why.Stored() {
		return store.Lifetime{}, nil, why
	}
	l := lifetimeByPolicy(resp, &p, IdentifiesUser(r, rules, selector), rules, t)
	why = cmp.Or(uselessness(&l, resp, &p, rules, t.Answered), guessForbids(r, &l, &p, selector, rules))
	if !p.permits(Public|SMaxAge|MustRevalidate) && Credentialed(r, &rules.Key, selector) {
		l.Flags |= store.WithCredential
	}
	if why.Stored() && r.Method == message.POST && !answersLaterGET(r, resp, &l, t.Answered) {
		why = because(message.ReasonMethod)
	}
	return l, selector, why
}

// requestForbids repeats what Admit found, so that no path around it stores.
func requestForbids(r *message.Request, rules *Rules) message.Reason {
	switch {
	case rules.Off:
		return message.ReasonCacheOff
	case r.Method != message.GET && r.Method != message.POST:
		return message.ReasonMethod
	case r.Method == message.GET && r.Body != nil:
		return message.ReasonRequestBody
	case r.Upgrade != nil:
		return message.ReasonUpgrade
	case suspect(&r.URL, rules):
		return message.ReasonSuspectPath
	case rules.Bypass.bypasses(r) != "":
		return message.ReasonBypass
	case forged(r, &rules.Key) != "":
		return message.ReasonForgedField
	}
	if d := parseDirectives(&r.Fields); d.Has(NoStore) {
		return message.ReasonRequestNoStore
	}
	return message.ReasonNone
}

// statusForbids rules out what is no final response, what is or may be about
// the request's own fields rather than the resource, and a 206 that does not
// say which part it is.
func statusForbids(r *message.Request, resp *Response, p *policy) message.Reason {
	switch resp.Status {
	case 304, 407, 408, 412, 413, 416, 417, 421, 425, 426, 431:
		return message.ReasonRequestStatus
	case 206:
		return partForbids(resp.Fields)
	}
	switch {
	case resp.Status < 200 || resp.Status > 599 || p.Has(MustUnderstand) && !understood(resp.Status):
		return message.ReasonStatus
	case resp.Status >= 400 && provokes(r, resp.Status):
		return message.ReasonRequestStatus
	}
	return message.ReasonNone
}

// Refuses reports whether a status is about the one request and not about the resource:
// other requests may get another answer.
func (rules *Rules) Refuses(status int) bool {
	return 400 <= status && status < 500 && !rules.Evicts(status)
}

// Provoked reports whether a status is an error that the request may have provoked, for
// example by one of its fields.
func (rules *Rules) Provoked(status int) bool { return status >= 400 && !rules.Evicts(status) }

// Evicts reports whether an error says that the stored response is out of date.
func (rules *Rules) Evicts(status int) bool { return slices.Contains(rules.Evict, status) }

// From where on a head is longer than some servers take. The shortest limits
// are 8 KiB and 100 lines.
const (
	longHead  = 4 << 10
	manyLines = 64
)

// provokes reports whether fields outside the key may have caused an error: a Range (unless
// the resource does not exist), or more fields than the origin takes. Such an error is not
// stored, so that one client cannot have an error stored for everybody.
func provokes(r *message.Request, status int) bool {
	if r.Fields.Has(wire.Range) && status != 404 && status != 410 || len(r.Fields.List) > manyLines {
		return true
	}
	n := 0
	for i := range r.Fields.List {
		n += len(r.Fields.List[i].Name) + len(": \r\n") + len(r.Fields.List[i].Value)
	}
	return n > longHead
}

func partForbids(f *wire.Fields) message.Reason {
	i := f.First(wire.ContentRange)
	switch {
	case i < 0:
		return message.ReasonBadRange
	case f.Next(i) >= 0:
		return message.ReasonMalformed
	}
	if _, _, _, ok := ParseContentRange(f); !ok {
		return message.ReasonBadRange
	}
	return message.ReasonNone
}

// policyForbids applies no-store and private (RFC 9111 sections 5.2.2.5 and
// 5.2.2.7). must-understand lifts no-store where the status is understood
// (section 5.2.2.3).
func policyForbids(resp *Response, p *policy, rules *Rules) Refusal {
	switch {
	case p.Has(NoStore) && !(p.permits(MustUnderstand) && understood(resp.Status)):
		return Refusal{message.ReasonNoStore, p.source()}
	case p.Has(Private) && !rules.StorePrivate:
		return Refusal{message.ReasonPrivate, p.source()}
	}
	return Refusal{}
}

// privacyForbids keeps one user's response from another where the origin does
// not say that they are the same (RFC 9111 sections 3.5 and 7.3).
func privacyForbids(r *message.Request, resp *Response, sel store.Selector, p *policy, rules *Rules) Refusal {
	if wire.ConnectionAuth(&r.Fields, wire.Authorization) || wire.ConnectionAuth(resp.Fields, wire.WWWAuthenticate) {
		return because(message.ReasonConnectionAuth)
	}
	if !p.permits(Public|SMaxAge|MustRevalidate) && !(rules.StoreAuthorization && hasCacheInformation(resp, p, rules)) {
		if names := Credentials(r, &rules.Key, sel); names != "" {
			return Refusal{message.ReasonAuthorization, names}
		}
	}
	switch {
	case cookieForbids(resp, p, rules):
		return Refusal{message.ReasonSetCookie, cookiesSet(resp.Fields)}
	case knownByCookie(r, rules) && !hasCacheInformation(resp, p, rules):
		return Refusal{message.ReasonCookie, cookiesSent(&r.Fields)}
	}
	return Refusal{}
}

// cookieForbids reports whether the response sets a cookie and the origin does
// not say that the rest is for everybody. It says so if it addresses shared caches,
// or if it says public for a kind of content that is the same file for all: some
// middleware starts sessions even for static files.
// The response is not stored in any case if the rules tell requests apart by the
// cookie.
func cookieForbids(resp *Response, p *policy, rules *Rules) bool {
	return resp.Fields.Has(wire.SetCookie) && !rules.StoreSetCookie && (!forEverybody(resp, p) || ruledCookie(resp.Fields, rules))
}

// forEverybody reports whether the origin says that a response, apart from its
// cookies, is the same for all.
func forEverybody(resp *Response, p *policy) bool {
	return p.permits(SMaxAge) || p.targeted && p.permits(speaking) || p.permits(Public) && staticKind(resp.Fields.Get(wire.ContentType))
}

// guessForbids refuses a response to a request with unknown fields: always if the
// rules refuse them, else if the freshness is guessed.
func guessForbids(r *message.Request, l *store.Lifetime, p *policy, sel store.Selector, rules *Rules) Refusal {
	if rules.Key.Unknown == ShareUnknown && (explicit(l.Source) || p.Has(NoCache)) {
		return Refusal{}
	}
	if names := UnkeyedFields(r, &rules.Key, sel); names != "" {
		return Refusal{message.ReasonUnkeyedField, names}
	}
	return Refusal{}
}

// explicit reports whether somebody said for how long a response is fresh.
func explicit(source store.LifetimeSource) bool {
	switch source {
	case store.FromMaxAge, store.FromSMaxAge, store.FromExpires, store.FromTargeted, store.FromRuleTTL:
		return true
	}
	return false
}

// hasCacheInformation reports whether the origin, or the rule in its place, says anything
// about storing the response. If not, a response to a known user is not stored, even with a
// validator: the pages of several users may have the same one, such as the Last-Modified of
// their template.
func hasCacheInformation(resp *Response, p *policy, rules *Rules) bool {
	return p.permits(speaking) || !p.targeted && resp.Fields.Has(wire.Expires) || rules.TTL != nil && ruleStatus(resp.Status)
}

func fieldsForbid(resp *Response, rules *Rules) Refusal {
	switch {
	case rules.MaxObject > 0 && resp.Length > rules.MaxObject:
		return TooLarge(resp.Length, rules.MaxObject)
	case countTags(resp.Fields) > maxTags:
		return because(message.ReasonTooManyTags)
	}
	return Refusal{}
}

// varyForbids makes a refusal of a reason, with the value of Vary.
func varyForbids(resp *Response, reason message.Reason) Refusal {
	if reason == message.ReasonNone {
		return Refusal{}
	}
	var lines [][]byte
	for i := resp.Fields.First(wire.Vary); i >= 0; i = resp.Fields.Next(i) {
		lines = append(lines, resp.Fields.List[i].Value)
	}
	return Refusal{reason, string(bytes.Join(lines, []byte(", ")))}
}

// uselessness names why the response could never be used: its status needs an
// explicit lifetime, or it is stale already and cannot be validated. An error that the
// request may have provoked must be fresh: otherwise everybody would validate it.
func uselessness(l *store.Lifetime, resp *Response, p *policy, rules *Rules, now store.Instant) Refusal {
	implicit := l.Source == store.FromNothing || l.Source == store.FromHeuristic
	unwanted := implicit && !heuristicStatus(resp.Status) && !p.Has(Public)
	usable := l.Flags&store.AlwaysValidate == 0 && max(l.Fresh, l.Stale, l.IfError) > now
	fresh := usable && l.Fresh > now
	switch {
	case rules.Refuses(resp.Status) && (unwanted || !fresh):
		return because(message.ReasonRequestStatus)
	case unwanted:
		return because(message.ReasonStatus)
	case fresh, !rules.Provoked(resp.Status) && (usable || hasValidator(resp.Fields)):
		return Refusal{}
	case p.Has(NoCache):
		return Refusal{message.ReasonNoCache, p.source()}
	}
	return because(message.ReasonNoFreshness)
}

func hasValidator(f *wire.Fields) bool {
	if len(f.Get(wire.ETag)) > 0 {
		return true
	}
	_, ok := soleDate(f, wire.LastModified)
	return ok
}

// answersLaterGET reports whether the response to a POST is what a GET of the
// same URL would give: it says so with Content-Location, and how long (RFC
// 9110 section 9.3.3).
func answersLaterGET(r *message.Request, resp *Response, l *store.Lifetime, now store.Instant) bool {
	if resp.Status != 200 || l.Fresh <= now || l.Flags&store.AlwaysValidate != 0 {
		return false
	}
	if !explicit(l.Source) || l.Source == store.FromRuleTTL {
		return false
	}
	i := resp.Fields.First(wire.ContentLocation)
	if i < 0 || resp.Fields.Next(i) >= 0 {
		return false
	}
	var u message.URL
	_, ok := resolve(&u, &r.URL, resp.Fields.List[i].Value, nil)
	return ok && bytes.Equal(u.Target, r.URL.Target)
}

// understood reports whether the node knows what the status means for caching:
// those of RFC 9110 section 15, and 451.
func understood(status int) bool {
	switch {
	case 200 <= status && status <= 206, 300 <= status && status <= 303, 307 <= status && status <= 308,
		400 <= status && status <= 417, 421 <= status && status <= 422, 500 <= status && status <= 505:
		return true
	}
	return status == 304 || status == 426 || status == 451
}

// IdentifiesUser reports whether the origin could tell who asked: by Authorization or a
// similar field, or by a cookie. Cookies in the key, cookies that the origin does
// not see and cookies of analytics do not count. A response that says nothing about
// caching may then be for that client only. It does not allocate.
// selectors are those by which the response in question varies.
func IdentifiesUser(r *message.Request, rules *Rules, selectors ...store.Selector) bool {
	return knownByCookie(r, rules) || Credentialed(r, &rules.Key, selectors...)
}

func knownByCookie(r *message.Request, rules *Rules) bool {
	return r.Fields.Has(wire.Cookie) && len(rules.Key.Cookies) == 0 && !rules.Key.ignores(wire.Cookie.Bytes()) && personalCookie(&r.Fields, &rules.Key)
}
