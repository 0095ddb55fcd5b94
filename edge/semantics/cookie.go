package semantics

import (
	"bytes"
	"slices"
	"strings"

	"brink/edge/message"
	"brink/edge/wire"
)

// staticKind reports whether a Content-Type is of the kinds that servers send
// as files: style sheets, scripts, images, fonts, sound, film and WebAssembly.
func staticKind(contentType []byte) bool {
	kind, _, _ := bytes.Cut(contentType, []byte(";"))
	name := strings.ToLower(string(wire.Trim(kind)))
	top, sub, _ := strings.Cut(name, "/")
	switch top {
	case "image", "font", "audio", "video":
		return true
	case "text":
		return sub == "css" || sub == "javascript" || sub == "ecmascript"
	case "application":
		switch sub {
		case "javascript", "x-javascript", "ecmascript", "wasm", "vnd.ms-fontobject":
			return true
		}
		return strings.HasPrefix(sub, "font-") || strings.HasPrefix(sub, "x-font-")
	}
	return false
}

// cookiesSet names the cookies that a response sets.
func cookiesSet(f *wire.Fields) string {
	var names []string
	for i := f.First(wire.SetCookie); i >= 0; i = f.Next(i) {
		name, _ := cutByte(f.List[i].Value, '=')
		names = appendNew(names, name)
	}
	return strings.Join(names, ", ")
}

// cookiesSent names the cookies of a request, but for those in strayCookies.
func cookiesSent(f *wire.Fields) string {
	var names []string
	cookies := cookiesOf(f)
	for pair, ok := cookies.next(); ok; pair, ok = cookies.next() {
		if name, _ := cutByte(pair, '='); !isStray(name) {
			names = appendNew(names, name)
		}
	}
	return strings.Join(names, ", ")
}

// cookieWalk walks over the cookies of a request, each as "name=value" without the
// blanks around it. Empty ones are left out.
type cookieWalk struct {
	fields *wire.Fields
	line   int // index of the line that comes after rest; negative: none
	rest   []byte
}

// cookiesOf walks over the cookies in all Cookie lines of f.
func cookiesOf(f *wire.Fields) cookieWalk {
	return cookieWalk{fields: f, line: f.First(wire.Cookie)}
}

// cookiesIn walks over the cookies in one Cookie line.
func cookiesIn(line []byte) cookieWalk { return cookieWalk{line: -1, rest: line} }

func (c *cookieWalk) next() (pair []byte, ok bool) {
	for {
		for len(c.rest) > 0 {
			pair, c.rest = cutByte(c.rest, ';')
			if pair = wire.Trim(pair); len(pair) > 0 {
				return pair, true
			}
		}
		if c.line < 0 {
			return nil, false
		}
		c.rest = c.fields.List[c.line].Value
		c.line = c.fields.Next(c.line)
	}
}

// maxNames is how many names a list of culprits has at most.
const maxNames = 32

func appendNew(names []string, name []byte) []string {
	if len(names) == maxNames {
		return names
	}
	if s := string(wire.Trim(name)); s != "" && !slices.Contains(names, s) {
		return append(names, s)
	}
	return names
}

// PersonalCookies names the cookies of a request that may say who asks, if the
// rules do not say which cookies matter; "" for none.
func PersonalCookies(r *message.Request, rules *Rules) string {
	if !knownByCookie(r, rules) {
		return ""
	}
	return cookiesSent(&r.Fields)
}

// personalCookie reports whether a request has a cookie by which an application
// could know who asks: one that a shared fetch does not leave out. It does not
// allocate.
func personalCookie(f *wire.Fields, k *KeyRules) bool {
	cookies := cookiesOf(f)
	for pair, ok := cookies.next(); ok; pair, ok = cookies.next() {
		if k.sends(pair) {
			return true
		}
	}
	return false
}

// sends reports whether a shared fetch sends a cookie, given as in a Cookie line: if
// the key has cookies, those of the key and no other, else all but the stray ones.
// A pair without "=" is no cookie of the key's.
func (k *KeyRules) sends(pair []byte) bool {
	name, _ := cutByte(pair, '=')
	if len(k.Cookies) > 0 {
		return len(name) < len(pair) && listsCookie(k.Cookies, name)
	}
	return !isStray(name)
}

// reduces reports whether a shared fetch leaves out a part of a Cookie line.
func (k *KeyRules) reduces(line []byte) bool {
	cookies := cookiesIn(line)
	for pair, ok := cookies.next(); ok; pair, ok = cookies.next() {
		if !k.sends(pair) {
			return true
		}
	}
	return false
}

// keepCookies appends the cookies of a Cookie line that a shared fetch sends, and
// returns what it appended.
func keepCookies(scratch, line []byte, k *KeyRules) (kept, grown []byte) {
	from := len(scratch)
	cookies := cookiesIn(line)
	for pair, ok := cookies.next(); ok; pair, ok = cookies.next() {
		if !k.sends(pair) {
			continue
		}
		if len(scratch) > from {
			scratch = append(scratch, "; "...)
		}
		scratch = append(scratch, pair...)
	}
	return scratch[from:len(scratch):len(scratch)], scratch
}

// appendSentCookies appends the cookies that a shared fetch sends, as a value of a
// variant's text.
func appendSentCookies(dst []byte, f *wire.Fields, k *KeyRules) []byte {
	start := 0
	cookies := cookiesOf(f)
	for pair, ok := cookies.next(); ok; pair, ok = cookies.next() {
		if !k.sends(pair) {
			continue
		}
		if start == 0 {
			dst = append(dst, valueExact, 0, 0, 0, 0)
			start = len(dst) - 4
		} else {
			dst = append(dst, "; "...)
		}
		dst = append(dst, pair...)
	}
	if start == 0 {
		return append(dst, valueAbsent)
	}
	closePart(dst, start)
	return dst
}

// EachSetCookie calls each with the values of Set-Cookie that the client gets from a
// shared fetch. It leaves out cookies that the client sent and the fetch did not: the
// origin did not see the client's own.
func EachSetCookie(r *message.Request, rules *Rules, f *wire.Fields, each func(value []byte)) {
	if !f.Has(wire.SetCookie) {
		return
	}
	withheld := withheldCookies(r, rules)
	for i := f.First(wire.SetCookie); i >= 0; i = f.Next(i) {
		name, _ := cutByte(f.List[i].Value, '=')
		if !withheld[string(wire.Trim(name))] {
			each(f.List[i].Value)
		}
	}
}

// withheldCookies are the names of the request's cookies that a shared fetch does
// not send.
func withheldCookies(r *message.Request, rules *Rules) map[string]bool {
	hidden := rules.Key.ignores(wire.Cookie.Bytes())
	names := make(map[string]bool)
	cookies := cookiesOf(&r.Fields)
	for pair, ok := cookies.next(); ok; pair, ok = cookies.next() {
		if name, _ := cutByte(pair, '='); len(name) > 0 && (hidden || !rules.Key.sends(pair)) {
			names[string(name)] = true
		}
	}
	return names
}

// ruledCookie reports whether a response sets a cookie that the key or bypass names. Such a
// response is for requests with that cookie, although this request came without it.
func ruledCookie(f *wire.Fields, rules *Rules) bool {
	if len(rules.Key.Cookies) == 0 && len(rules.Bypass.Cookies) == 0 {
		return false
	}
	for i := f.First(wire.SetCookie); i >= 0; i = f.Next(i) {
		name, _ := cutByte(f.List[i].Value, '=')
		if name = wire.Trim(name); listsCookie(rules.Key.Cookies, name) || listsCookie(rules.Bypass.Cookies, name) {
			return true
		}
	}
	return false
}

// isStray reports whether a cookie is of the kinds in strayCookies.
func isStray(name []byte) bool {
	if len(name) == 0 {
		return false
	}
	return strayNames[string(name)] || hasPrefixOf(name, strayPrefixes[name[0]])
}

// strayNames and strayPrefixes are strayCookies, the latter by their first byte: a
// request may have thousands of cookies.
var strayNames, strayPrefixes = func() (names map[string]bool, prefixes [256][]string) {
	names = make(map[string]bool, len(strayCookies))
	for _, pattern := range strayCookies {
		if stem, isPrefix := strings.CutSuffix(pattern, "*"); isPrefix {
			prefixes[stem[0]] = append(prefixes[stem[0]], stem)
		} else {
			names[pattern] = true
		}
	}
	return names, prefixes
}()

// strayCookies are cookies that scripts of analytics and consent banners set in
// browsers, and that load balancers and bot filters set on the way. No application
// builds a page from them. A shared fetch leaves them out, so that none can.
var strayCookies = []string{
	"_ga", "_ga_*", "_gid", "_gat", "_gat_*", "_gcl_*", "_gac_*", "_dc_gtm_*", "__utma", "__utmb", "__utmc", "__utmt", "__utmv", "__utmz", "__gads", "__gpi",
	"_fbp", "_fbc", "_pk_id*", "_pk_ses*", "_pk_ref*", "_hj*", "_clck", "_clsk", "_uetsid", "_uetvid", "_pin_unauth", "_ttp", "_tt_enable_cookie",
	"_scid", "_scid_r", "_rdt_uuid", "_dd_s", "_hp2_*", "hubspotutk", "__hstc", "__hssc", "__hssrc", "_mkto_trk", "_vwo_uuid*",
	"_ce.s", "_lfa", "__kla_id", "sbjs_*", "ai_user", "ai_session", "amplitude_id*", "ajs_anonymous_id",
	"cookieconsent_status", "cookieconsent_dismissed", "CookieConsent", "cookie_consent*", "OptanonConsent", "OptanonAlertBoxClosed", "euconsent-v2",
	"cmplz_*", "borlabs-cookie", "cookieyes-consent", "cookielawinfo-*", "CookieLawInfoConsent", "viewed_cookie_policy", "tarteaucitron",
	"real_cookie_banner*", "moove_gdpr_popup", "usprivacy", "klaro", "didomi_token",
	"__cf_bm", "_cfuvid", "__cflb", "__cfruid", "cf_clearance", "AWSALB", "AWSALBCORS", "AWSALBTG", "AWSALBTGCORS", "AWSELB", "AWSELBCORS",
	"incap_ses_*", "visid_incap_*", "nlbi_*", "ak_bmsc", "bm_sv", "bm_sz", "bm_mi", "_abck", "ARRAffinity", "ARRAffinitySameSite", "BIGipServer*", "datadome",
}
