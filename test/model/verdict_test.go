package model

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"slices"
	"strconv"
	"strings"
	"time"

	"brink/test/brinktest"
)

// verdict is about a response: is it allowed?
type verdict struct {
	*history

	request   *request
	response  *response
	exchanges []exchange
	began     time.Duration // when the request was sent
	now       time.Duration // once all fetches had ended
}

// id returns the id of the origin's answer from which the response was made; 0: none.
func (c *verdict) id() int {
	if id, err := strconv.Atoi(c.response.fields.Get("X-Id")); err == nil {
		return id
	}
	id, _ := strconv.Atoi(strings.TrimPrefix(c.response.fields.Get("Content-Location"), "/id/"))
	return id
}

// params are the parameters of the node's member of Cache-Status.
func (c *verdict) params() map[string]string {
	params := make(map[string]string)
	for _, p := range strings.Split(c.response.fields.Get("Cache-Status"), "; ")[1:] {
		name, value, _ := strings.Cut(p, "=")
		params[name] = value
	}
	return params
}

// status checks that Cache-Status is the node's own member and fits itself.
func (c *verdict) status() (params map[string]string, err error) {
	lines := c.response.fields.Values("Cache-Status")
	if len(lines) != 1 || !strings.HasPrefix(lines[0], "model;") {
		return nil, fmt.Errorf("Cache-Status: %q", lines)
	}
	params = c.params()
	_, hit := params["hit"]
	_, forwarded := params["fwd"]
	if hit && forwarded {
		return nil, fmt.Errorf("Cache-Status is hit and forwarded: %q", lines)
	}
	return params, nil
}

func (c *verdict) stored() bool {
	return strings.Contains(c.response.fields.Get("Cache-Status"), "; stored")
}

// complete adds to a request that reached the origin what of the client's
// counts although the origin is not told, unless it was the node's own.
func (c *verdict) complete(x *exchange) {
	if _, hit := c.params()["hit"]; !hit {
		x.request.control, x.request.ranges = c.request.control, c.request.ranges
	}
}

// failed reports whether the origin was asked and failed.
func (c *verdict) failed() bool {
	return c.dead || slices.ContainsFunc(c.exchanges, func(x exchange) bool {
		return x.fault != sound || slices.Contains([]int{500, 502, 503, 504}, x.head.status)
	})
}

// failure is how the origin failed.
func (c *verdict) failure() failure {
	switch {
	case c.dead || slices.ContainsFunc(c.exchanges, func(x exchange) bool { return x.fault != sound && x.fault != overload }):
		return unreachable
	case c.failed():
		return answered
	}
	return sane
}

// run compares the response with what is allowed. must is the entry that has
// to answer, or nil.
func (c *verdict) run(must *entry) error {
	params, err := c.status()
	if err != nil {
		return err
	}
	if must != nil {
		c.counts.due++
		if _, hit := params["hit"]; !hit && c.response.status != 416 {
			return fmt.Errorf("#%d is fresh and stored, but was not used", must.id)
		}
		c.counts.hits++
	}
	if c.failure() == unreachable {
		defer func() { c.failedAt = c.now }()
	}
	if c.response.broken != nil {
		if !c.failed() {
			return fmt.Errorf("the body is broken off: %w", c.response.broken)
		}
		return nil
	}
	id := c.id()
	for i := range c.exchanges {
		if x := &c.exchanges[i]; x.head.id == id && id != 0 {
			return c.forwarded(x, params)
		}
	}
	if id == 0 {
		return c.own(params)
	}
	return c.reused(id, params)
}

// own checks a response of the node's own.
func (c *verdict) own(params map[string]string) error {
	_, hit := params["hit"]
	switch status := c.response.status; {
	case status == 416:
		return c.unsatisfiable()
	case hit:
		return errors.New("a hit without an id")
	case status == 504 && c.request.control == "only-if-cached":
		if len(c.exchanges) > 0 {
			return errors.New("only-if-cached, but the origin was asked")
		}
		return nil
	case status == 502 || status == 503 || status == 504:
		if !c.failed() {
			return fmt.Errorf("%d, but the origin has not failed", status)
		}
		return c.mayFail()
	}
	return errors.New("a response from nowhere")
}

// mayFail is nil if nothing could have answered in place of an error.
func (c *verdict) mayFail() error {
	for _, e := range c.cache.matching(c.request) {
		if e.sure && !e.part && e.usable(c.request, c.now, sane) == fresh && !c.cache.superseded(e, c.request) && c.cache.must(c.request, c.now) == e {
			return fmt.Errorf("an error, but #%d is fresh", e.id)
		}
	}
	return nil
}

// unsatisfiable checks a 416: some representation that may be used is too
// short.
func (c *verdict) unsatisfiable() error {
	var heads []head
	for i := range c.exchanges {
		heads = append(heads, c.exchanges[i].head)
	}
	for _, e := range c.cache.matching(c.request) {
		heads = append(heads, e.head)
	}
	for _, h := range heads {
		if h.rep == "" {
			continue
		}
		spans, ok := parseRanges(c.request.ranges, h.size())
		if ok && len(spans) == 0 && c.response.fields.Get("Content-Range") == fmt.Sprintf("bytes */%d", h.size()) {
			return nil
		}
	}
	return errors.New("416 for a range that can be satisfied")
}

// forwarded checks a response that the origin gave just now.
func (c *verdict) forwarded(x *exchange, params map[string]string) error {
	if _, ok := params["fwd"]; !ok {
		return errors.New("the origin answered, but Cache-Status has no fwd")
	}
	if params["fwd-status"] != strconv.Itoa(x.head.status) {
		return fmt.Errorf("fwd-status is %s, the origin answered %d", params["fwd-status"], x.head.status)
	}
	if x.request.url() != c.request.url() {
		return fmt.Errorf("the origin was asked for %s", x.request.url())
	}
	c.complete(x)
	e := entry{head: x.head, request: x.request, asked: x.asked, answered: x.answered}
	if !e.varies("*") && !e.fits(c.request) {
		return fmt.Errorf("the origin was asked in another variant: %+v", x.request)
	}
	e.dated()
	if c.stored() && x.request.method == "GET" && x.head.status != 304 && !e.storable() {
		return errors.New("stored, but it must not be")
	}
	if !c.stored() && x.request.method == "GET" && x.head.status != 304 && x.head.status != 206 && e.storable() {
		return errors.New("not stored, but it may be")
	}
	if c.response.status == 206 && !rangeHolds(c.request, &e.head) {
		return errors.New("a part, but If-Range does not hold")
	}
	return c.content(&x.head, c.response.status)
}

// reused checks a response that was stored.
func (c *verdict) reused(id int, params map[string]string) error {
	found := c.cache.of(id)
	if len(found) == 0 {
		return fmt.Errorf("nothing is known of #%d", id)
	}
	var errs []error
	for _, e := range found {
		err := c.reusedEntry(e, params)
		if err == nil {
			return nil
		}
		errs = append(errs, fmt.Errorf("#%d: %w", id, err))
	}
	return errors.Join(errs...)
}

func (c *verdict) reusedEntry(e *entry, params map[string]string) error {
	_, hit := params["hit"]
	if !hit && len(c.exchanges) == 0 && !c.dead {
		return errors.New("reused without asking the origin, but no hit")
	}
	now := c.now
	if hit {
		now = c.began
	}
	f := sane
	switch {
	case !hit:
		f = c.failure()
	case params["detail"] == "origin-unreachable" && c.began <= c.failedAt+10*time.Second:
		f = unreachable // nobody waits for an origin that gave no answer just now
	}
	if e.usable(c.request, now, f) == never {
		return fmt.Errorf("must not be reused: %s", c.why(e))
	}
	if c.cache.superseded(e, c.request) {
		return errors.New("a newer response is stored")
	}
	if hit && c.response.fields.Get("Set-Cookie") != "" {
		return errors.New("a cookie that was set for another request")
	}
	born, ends := e.lifetime()
	if age := strconv.FormatInt(max(0, unix(now-born)), 10); c.response.fields.Get("Age") != age {
		return fmt.Errorf("Age is %q, not %s", c.response.fields.Get("Age"), age)
	}
	if ttl := strconv.FormatInt(floor(ends-now), 10); params["ttl"] != ttl {
		return fmt.Errorf("ttl is %s, not %s", params["ttl"], ttl)
	}
	if want := c.evaluate(&e.head); !e.part && c.response.status != want {
		return fmt.Errorf("status is %d, not %d", c.response.status, want)
	}
	return c.content(&e.head, c.response.status)
}

// why says what keeps e from being used.
func (c *verdict) why(e *entry) string {
	born, ends := e.lifetime()
	return fmt.Sprintf("gone %t, storable %t, matches %t, age %v, fresh for %v", e.gone, e.storable(), e.matches(c.request), c.now-born, ends-c.now)
}

func floor(d time.Duration) int64 {
	n := unix(d)
	if d < 0 && d%time.Second != 0 {
		n--
	}
	return n
}

// evaluate is the status with which a stored response answers the request.
func (c *verdict) evaluate(h *head) int {
	q := c.request
	switch {
	case h.status != 200:
		return h.status
	case notModified(q, h), q.tags == "" && q.since != absent && h.modified == absent && h.date <= q.since:
		return 304
	case q.method == "GET" && q.ranges != "" && rangeHolds(q, h):
		spans, ok := parseRanges(q.ranges, h.size())
		switch {
		case ok && len(spans) == 0:
			return 416
		case ok:
			return 206
		}
	}
	return 200
}

// content checks the body and whose it is.
func (c *verdict) content(h *head, status int) error {
	r := c.response
	if h.user != "" && h.user != c.request.user {
		return fmt.Errorf("content of user %q for %q", h.user, c.request.user)
	}
	if h.rep != "" && h.version < c.floor[c.request.url()] {
		return fmt.Errorf("version %d was invalidated by %d", h.version, c.floor[c.request.url()])
	}
	if got := r.fields.Get("X-Rep"); got != "" && got != h.rep {
		return fmt.Errorf("X-Rep is %q, not %q", got, h.rep)
	}
	if c.request.method == "HEAD" || status == 304 || h.rep == "" {
		if len(r.body) > 0 {
			return errors.New("a body where there is none")
		}
		return nil
	}
	switch status {
	case 206:
		return c.parts(h)
	case 416:
		return nil
	}
	if int64(len(r.body)) != h.size() {
		return fmt.Errorf("%d bytes, not %d", len(r.body), h.size())
	}
	return same(r.body, h.rep, 0)
}

// parts checks the body of a 206.
func (c *verdict) parts(h *head) error {
	r := c.response
	spans, _ := parseRanges(c.request.ranges, h.size())
	kind, params, _ := mime.ParseMediaType(r.fields.Get("Content-Type"))
	if kind != "multipart/byteranges" {
		return part(h, spans, r.fields.Get("Content-Range"), r.body)
	}
	parts := multipart.NewReader(bytes.NewReader(r.body), params["boundary"])
	for n := 0; ; n++ {
		p, err := parts.NextRawPart()
		if err == io.EOF && n == len(spans) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("part %d: %w", n, err)
		}
		body, err := io.ReadAll(p)
		if err != nil {
			return fmt.Errorf("part %d: %w", n, err)
		}
		if err := part(h, spans, p.Header.Get("Content-Range"), body); err != nil {
			return err
		}
	}
}

// part checks one range, which must be one of those asked for.
func part(h *head, spans []span, field string, body []byte) error {
	for _, s := range spans {
		if field == contentRange(s, h.size()) {
			if int64(len(body)) != s.length {
				return fmt.Errorf("%d bytes of %s", len(body), field)
			}
			return same(body, h.rep, s.first)
		}
	}
	return fmt.Errorf("Content-Range is %q", field)
}

// same checks that body is what a representation has at offset.
func same(body []byte, rep string, offset int64) error {
	want := make([]byte, len(body))
	brinktest.Content(want, rep, offset)
	if !bytes.Equal(body, want) {
		return fmt.Errorf("the body is not that of %q", rep)
	}
	return nil
}
