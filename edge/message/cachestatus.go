package message

import (
	"strconv"

	"brink/edge/wire"
)

// appendCacheStatus appends the value of a Cache-Status field (RFC 9211) that says
// what the node did: "edge-1; hit; ttl=30". The key is never told. It does not
// allocate.
func appendCacheStatus(dst []byte, node string, s *CacheStatus) []byte {
	dst = appendTokenOrString(dst, node)
	forwarded, token := forwardReason(s)
	detail := s.Reason
	switch {
	case forwarded:
		dst = append(append(dst, "; fwd="...), token...)
		if s.FwdStatus != 0 {
			dst = strconv.AppendInt(append(dst, "; fwd-status="...), int64(s.FwdStatus), 10)
		}
		if s.Store != ReasonNone || told(s.Reason, token) && (!culpable(s.Reason) || s.Detail == "") {
			detail = s.Store
		}
	case s.Outcome == Hit || s.Outcome == Stale:
		dst = append(dst, "; hit"...)
	}
	if s.HasTTL {
		dst = strconv.AppendInt(append(dst, "; ttl="...), s.TTL, 10)
	}
	if forwarded && s.Stored {
		dst = append(dst, "; stored"...)
	}
	if forwarded && s.Collapsed {
		dst = append(dst, "; collapsed"...)
	}
	if detail != ReasonNone {
		dst = append(dst, "; detail="...)
		if s.Detail != "" && detail == s.detailReason() {
			dst = appendDetailed(dst, detail, s.Detail)
		} else {
			dst = append(dst, detail.String()...)
		}
	}
	return dst
}

// appendDetailed appends a reason and its detail, as in too-large:20/10: as a token
// if possible, so that programs that read only the reason still find it.
func appendDetailed(dst []byte, reason Reason, about string) []byte {
	for i := range len(about) {
		if !sfTokenByte(about[i]) {
			dst = append(append(append(dst, '"'), reason.String()...), ':')
			return append(appendEscaped(dst, about), '"')
		}
	}
	return append(append(append(dst, reason.String()...), ':'), about...)
}

// forwardReason reports whether the request went on to an origin, or would
// have had the origin been there, and the token that says why.
func forwardReason(s *CacheStatus) (forwarded bool, token string) {
	switch s.Outcome {
	case Refused, Hit, Purged:
		return false, ""
	case Stale:
		if !s.Fetched {
			return false, ""
		}
		return true, "stale"
	case Revalidated:
		if s.Reason == ReasonRequest {
			return true, "request"
		}
		return true, "stale"
	case Pass:
		if token := forwardToken(s.Reason); token != "miss" {
			return true, token
		}
		return true, "bypass"
	}
	return true, forwardToken(s.Reason)
}

// forwardToken is the word of RFC 9211 section 2.2 that comes closest to r.
func forwardToken(r Reason) string {
	switch r {
	case ReasonURIMiss:
		return "uri-miss"
	case ReasonVaryMiss:
		return "vary-miss"
	case ReasonExpired, ReasonNoCache:
		return "stale"
	case ReasonRequest:
		return "request"
	case ReasonPartial:
		return "partial"
	case ReasonMethod:
		return "method"
	case ReasonCacheOff, ReasonRequestBody, ReasonUpgrade, ReasonSuspectPath, ReasonForgedField,
		ReasonPrecondition, ReasonBusy:
		return "bypass"
	}
	return "miss"
}

// culpable reports whether Cache-Status names the culprit of r even if the token already
// says the reason.
func culpable(r Reason) bool { return r == ReasonBypass || r == ReasonVaryMiss }

// told reports whether the token of RFC 9211 already says the reason r.
func told(r Reason, token string) bool {
	return r == ReasonExpired && token == "stale" ||
		r == ReasonCacheOff && token == "bypass" || r.String() == token
}

// appendTokenOrString appends s as an sf-token, or as an sf-string where it is
// none (RFC 9651 section 3.3). What neither can hold is left out.
func appendTokenOrString(dst []byte, s string) []byte {
	if sfToken(s) {
		return append(dst, s...)
	}
	return append(appendEscaped(append(dst, '"'), s), '"')
}

// appendEscaped appends s as it stands in an sf-string.
func appendEscaped(dst []byte, s string) []byte {
	for i := range len(s) {
		switch c := s[i]; {
		case c < 0x20 || c > 0x7e:
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

func sfToken(s string) bool {
	if s == "" || s[0] != '*' && (wire.Lower(s[0]) < 'a' || wire.Lower(s[0]) > 'z') {
		return false
	}
	for i := range len(s) {
		if !sfTokenByte(s[i]) {
			return false
		}
	}
	return true
}

// sfTokenByte reports whether c may stand in an sf-token behind its first byte.
func sfTokenByte(c byte) bool { return wire.IsTokenByte(c) || c == ':' || c == '/' }
