package engine

import (
	"slices"
	"strings"
	"testing"

	"brink/edge/message"
	"brink/edge/wire"
	"brink/store"
)

// What an engine answers, what it logs and what metrics count come from one table.
func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		status int
		reason message.Reason
		line   string
	}{
		{400, message.ReasonBadRequest, "400 Bad Request: x\n"},
		{405, message.ReasonMethodRefused, "405 Method Not Allowed: x\n"},
		{408, message.ReasonRequestTimeout, "408 Request Timeout: x\n"},
		{413, message.ReasonBodyTooLarge, "413 Content Too Large: x\n"},
		{414, message.ReasonHeadTooLarge, "414 URI Too Long: x\n"},
		{417, message.ReasonExpectation, "417 Expectation Failed: x\n"},
		{421, message.ReasonUnknownHost, "421 Misdirected Request: x\n"},
		{431, message.ReasonHeadTooLarge, "431 Request Header Fields Too Large: x\n"},
		{500, message.ReasonPanic, "500 Internal Server Error: x\n"},
		{501, message.ReasonBadRequest, "501 Not Implemented: x\n"},
		{505, message.ReasonBadRequest, "505 HTTP Version Not Supported: x\n"},
	} {
		var h wire.Head
		p := Refusal{c.status, "x"}.Reply(&h, nil, 784111777*store.Second)
		body := string(slices.Concat(p.Body...))
		outcome := message.Refused
		if c.status == 500 {
			outcome = message.Failed
		}
		if body != c.line || p.Length != int64(len(body)) || !p.Close || p.Head.Status != c.status ||
			p.Status.Reason != c.reason || p.Status.Outcome != outcome || ReasonOf(c.status) != c.reason {
			t.Errorf("%d: %q, %v, %v", c.status, body, p.Status.Outcome, p.Status.Reason)
		}
		head := string(p.Head.Block)
		if !strings.Contains(head, "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n") || !strings.Contains(head, "Cache-Control: no-store\r\n") ||
			strings.Contains(head, "Allow: "+Allowed+"\r\n") != (c.status == 405) {
			t.Errorf("%d: %q", c.status, head)
		}
	}
	if len(refusals) != 11 {
		t.Errorf("%d rows in the table, 11 in this test", len(refusals))
	}
}

// Metrics have had these labels in this order.
func TestFaults(t *testing.T) {
	want := []string{"400", "408", "413", "414", "417", "431", "500", "501", "505"}
	if got := Faults(); !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
	for status, at := range map[int]int{400: 0, 408: 1, 431: 5, 505: 8, 405: -1, 421: -1, 200: -1} {
		if got := FaultOf(status); got != at {
			t.Errorf("%d is at %d, want %d", status, got, at)
		}
	}
}
