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
	name := strings.ToLower(string(trimBlank(kind)))
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
	for i := f.First(wire.Cookie); i >= 0; i = f.Next(i) {
		for rest := f.List[i].Value; len(rest) > 0; {
			var pair []byte
			pair, rest = cutByte(rest, ';')
			if name, _ := cutByte(trimBlank(pair), '='); !listsCookie(strayCookies, name) {
				names = appendNew(names, name)
			}
		}
	}
	return strings.Join(names, ", ")
}

func appendNew(names []string, name []byte) []string {
	if s := string(trimBlank(name)); s != "" && !slices.Contains(names, s) {
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
// could know who asks: one that is not of the kinds in strayCookies. It does not
// allocate.
func personalCookie(f *wire.Fields) bool {
	for i := f.First(wire.Cookie); i >= 0; i = f.Next(i) {
		for rest := f.List[i].Value; len(rest) > 0; {
			var pair []byte
			pair, rest = cutByte(rest, ';')
			name, _ := cutByte(trimBlank(pair), '=')
			if len(name) > 0 && !listsCookie(strayCookies, name) {
				return true
			}
		}
	}
	return false
}

// strayCookies are cookies that scripts of analytics and consent banners set in
// browsers, and that load balancers and bot filters set on the way. No
// application builds a page from them.
var strayCookies = []string{
	"_ga", "_ga_*", "_gid", "_gat", "_gat_*", "_gcl_*", "__utm*", "_gac_*", "__gads", "__gpi", "_dc_gtm_*", "FPID", "FPLC",
	"_fbp", "_fbc", "_pk_*", "_hj*", "_clck", "_clsk", "_uet*", "_pin_*", "_tt_*", "_ttp", "_scid*", "_rdt_*", "_dd_s", "_hp2_*",
	"mp_*", "amplitude_*", "AMP_*", "ajs_*", "hubspotutk", "__hs*", "_mkto_trk", "li_*", "bcookie", "_vwo_uuid*", "_ce.*", "_lfa*",
	"cookieconsent_*", "CookieConsent", "cookie_consent*", "OptanonConsent", "OptanonAlertBoxClosed", "euconsent-v2", "cmplz_*",
	"borlabs-cookie", "__cf_bm", "_cfuvid", "__cflb", "__cfruid", "cf_clearance", "AWSALB*", "AWSELB*", "incap_ses_*", "visid_incap_*",
	"ak_bmsc", "bm_sv", "bm_sz", "_abck", "ARRAffinity*", "BIGipServer*", "SERVERID", "datadome",
}
