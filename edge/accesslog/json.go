package accesslog

import (
	"strconv"

	"brink/edge/message"
)

// jsonLine appends e as one JSON object and a newline. node is the node's name,
// already escaped.
func jsonLine(dst []byte, c *clock, node []byte, e *Entry) []byte {
	dst = append(dst, `{"time":"`...)
	dst = c.appendRFC3339(dst, e.Time)
	dst = append(dst, `","node":"`...)
	dst = append(dst, node...)
	dst, cut := appendRequest(dst, e)
	dst = appendNumber(dst, `,"status":`, int64(e.Status))
	dst = appendNumber(dst, `,"bytes":`, e.Bytes)
	dst = appendNumber(dst, `,"duration_us":`, e.Duration.Microseconds())
	dst = appendCache(dst, e.Cache)
	if e.Age >= 0 {
		dst = appendNumber(dst, `,"age":`, e.Age)
	}
	dst, cutOptional := appendOptional(dst, e)
	if cut || cutOptional {
		dst = append(dst, `,"truncated":true`...)
	}
	return append(dst, '}', '\n')
}

// appendRequest continues inside the quotes of the node's name.
func appendRequest(dst []byte, e *Entry) (line []byte, cut bool) {
	var cuts [4]bool
	dst = append(dst, `","site":"`...)
	dst, cuts[0] = appendJSON(dst, e.Site)
	dst = append(dst, `","client":"`...)
	if e.Client.IsValid() {
		dst = appendAddr(dst, e.Client)
	}
	dst = append(dst, `","method":"`...)
	dst, cuts[1] = appendJSON(dst, e.Verb)
	dst = append(dst, `","url":"`...)
	if len(e.Host) > 0 {
		dst = append(append(dst, e.Scheme...), "://"...)
		dst, cuts[2] = appendJSON(dst, e.Host)
	}
	dst, cuts[3] = appendJSON(dst, e.Target)
	dst = append(append(dst, `","protocol":"`...), e.Protocol.String()...)
	return append(dst, '"'), cuts != [4]bool{}
}

func appendCache(dst []byte, s *message.CacheStatus) []byte {
	dst = append(append(dst, `,"outcome":"`...), s.Outcome.String()...)
	dst = append(append(dst, `","reason":"`...), s.Reason.String()...)
	dst = append(dst, '"')
	if s.Store != message.ReasonNone {
		dst = append(append(dst, `,"store_reason":"`...), s.Store.String()...)
		dst = append(dst, '"')
	}
	dst, _ = appendText(dst, `,"detail":"`, s.Detail)
	dst = append(dst, `,"collapsed":`...)
	dst = strconv.AppendBool(dst, s.Collapsed)
	if s.FwdStatus != 0 {
		dst = appendNumber(dst, `,"fwd_status":`, int64(s.FwdStatus))
	}
	if s.HasTTL {
		dst = appendNumber(dst, `,"ttl":`, s.TTL)
	}
	return dst
}

func appendOptional(dst []byte, e *Entry) (line []byte, cut bool) {
	var cuts [5]bool
	dst, cuts[0] = appendText(dst, `,"referer":"`, e.Referer)
	dst, cuts[1] = appendText(dst, `,"user_agent":"`, e.UserAgent)
	dst, cuts[2] = appendText(dst, `,"request_id":"`, e.RequestID)
	dst, cuts[3] = appendText(dst, `,"traceparent":"`, e.Traceparent)
	dst, cuts[4] = appendText(dst, `,"rule":"`, e.Rule)
	return dst, cuts != [5]bool{}
}

// appendText appends key and value, or nothing if the value is empty. key includes the
// quote that opens the value.
func appendText[T text](dst []byte, key string, value T) (line []byte, cut bool) {
	if len(value) == 0 {
		return dst, false
	}
	dst, cut = appendJSON(append(dst, key...), value)
	return append(dst, '"'), cut
}

func appendNumber(dst []byte, key string, n int64) []byte {
	return strconv.AppendInt(append(dst, key...), n, 10)
}
