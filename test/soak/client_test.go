package soak

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"brink/test/brinktest"
)

var noTime time.Time

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

var (
	languages = strings.Fields("en de fr es it nl pl pt sv fi cs ja")
	encodings = []string{"", "gzip", "br", "br, gzip"}
	tiers     = strings.Fields("a b c d e f")
)

// shot is a request and what may come back.
type shot struct {
	method  string
	kind    kind
	want    token // version: the oldest that may come
	fields  []string
	tag     string // that was sent in If-None-Match
	first   int64  // of the range asked for; -1: none
	last    int64
	content int64 // bytes sent
}

func drawShot(rng *rand.Rand, known *versions, user string, tags map[string]string) *shot {
	name := kindNames[rng.IntN(len(kindNames))]
	k := kinds[name]
	s := &shot{method: "GET", kind: k, first: -1}
	s.want = token{fmt.Sprintf("/%s/%d", name, rng.IntN(k.paths)), "-", "-", 0}
	s.want.version = known.of(s.want.path).Load()
	add := func(name, value string) {
		if value != "" {
			s.fields = append(s.fields, name+": "+value)
		}
	}
	language, encoding, tier := languages[rng.IntN(len(languages))], encodings[rng.IntN(len(encodings))], ""
	if k.varied {
		tier = tiers[rng.IntN(len(tiers))]
		s.want.variant = variant(language, encoding, tier)
	}
	add("Accept-Language", language)
	add("Accept-Encoding", encoding)
	add("X-Tier", tier)
	switch k.personal {
	case "Authorization":
		add("Authorization", "Bearer "+user)
	default:
		add("Cookie", "theme=dark; user="+user)
	}
	if k.personal != "" {
		s.want.user = user
	}
	switch p := rng.IntN(40); {
	case p < 2:
		s.method = "HEAD"
	case p == 2:
		s.method, s.content = "POST", rng.Int64N(20<<10)
	case p < 8:
		s.first = rng.Int64N(4 << 10)
		s.last = s.first + rng.Int64N(64<<10)
		add("Range", fmt.Sprintf("bytes=%d-%d", s.first, s.last))
	case p < 14:
		if s.tag = tags[s.key()]; s.tag != "" {
			add("If-None-Match", s.tag)
		}
	}
	return s
}

// key names what a tag belongs to.
func (s *shot) key() string { return s.want.path + "|" + s.want.variant + "|" + s.want.user }

func (s *shot) append(out *bytes.Buffer) {
	fmt.Fprintf(out, "%s %s HTTP/1.1\r\nHost: soak.test\r\n%s\r\n", s.method, s.want.path, strings.Join(s.fields, "\r\n"))
	if s.method == "POST" {
		fmt.Fprintf(out, "Content-Length: %d\r\n\r\n%s", s.content, strings.Repeat("x", int(s.content)))
		return
	}
	out.WriteString("\r\n")
}

// client is a connection that asks, one batch after the other.
type client struct {
	address string
	user    string
	rng     *rand.Rand
	known   *versions // that clients were told of
	tags    map[string]string
	conn    net.Conn
	in      *bufio.Reader
	want    []byte // memory to compare with
	got     []byte
}

func newClient(address string, number int, known *versions) *client {
	return &client{
		address: address, user: fmt.Sprintf("user-%d", number), known: known,
		rng: rand.New(rand.NewPCG(uint64(number), 7)), tags: make(map[string]string),
		want: make([]byte, 32<<10), got: make([]byte, 32<<10),
	}
}

func (c *client) close() {
	if c.conn != nil {
		c.conn.Close()
		c.conn = nil
	}
}

// batch sends some requests at once and checks their answers. It returns how
// many requests it sent.
func (c *client) batch() (int, error) {
	if c.conn == nil {
		nc, err := net.Dial("tcp", c.address)
		if err != nil {
			return 0, err
		}
		c.conn, c.in = nc, bufio.NewReader(nc)
	}
	_ = c.conn.SetDeadline(time.Now().Add(60 * time.Second))
	var out bytes.Buffer
	shots := make([]*shot, 1+c.rng.IntN(6))
	for i := range shots {
		shots[i] = drawShot(c.rng, c.known, c.user, c.tags)
		shots[i].append(&out)
	}
	if _, err := c.conn.Write(out.Bytes()); err != nil {
		return 0, fmt.Errorf("send: %w", err)
	}
	pause := time.Duration(0)
	switch p := c.rng.IntN(20); {
	case p < 2: // leaves at some byte, or after some time
		_ = c.conn.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
		_, _ = io.CopyN(io.Discard, c.in, c.rng.Int64N(200<<10))
		if c.rng.IntN(2) == 0 {
			_ = c.conn.(*net.TCPConn).SetLinger(0)
		}
		c.close()
		return len(shots), nil
	case p == 2: // reads slowly
		pause = time.Millisecond
	}
	for _, s := range shots {
		ended, err := c.answer(s, pause)
		if err != nil {
			return 0, fmt.Errorf("%s %s %q: %w", s.method, s.want.path, s.fields, err)
		}
		if ended {
			c.close()
			break
		}
	}
	return len(shots), nil
}

// answer reads and checks one answer. ended tells that the connection is over.
func (c *client) answer(s *shot, pause time.Duration) (ended bool, err error) {
	resp, err := http.ReadResponse(c.in, &http.Request{Method: s.method})
	if err != nil {
		return false, err
	}
	defer resp.Body.Close()
	if s.method == "POST" {
		return resp.Close, c.posted(s, resp)
	}
	switch resp.StatusCode {
	case 502, 503, 504:
		if !s.kind.fails {
			return false, fmt.Errorf("status %d: %v", resp.StatusCode, resp.Header)
		}
		_, err := io.Copy(io.Discard, resp.Body)
		return resp.Close, err
	case 304:
		return resp.Close, s.unmodified(resp)
	case 416:
		if s.first < 0 || resp.Header.Get("Content-Range") == "" {
			return false, fmt.Errorf("status 416: %v", resp.Header)
		}
		_, err := io.Copy(io.Discard, resp.Body)
		return resp.Close, err
	}
	t, err := s.check(resp)
	if err != nil {
		return false, err
	}
	c.tags[s.key()] = t.tag()
	return c.body(s, t, resp, pause)
}

// posted notes the new version.
func (c *client) posted(s *shot, resp *http.Response) error {
	if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != 200 {
		return fmt.Errorf("status %d: %w", resp.StatusCode, err)
	}
	n, err := strconv.ParseInt(resp.Header.Get("X-Version"), 10, 64)
	if err != nil {
		return err
	}
	raise(c.known.of(s.want.path), n)
	return nil
}

// unmodified checks a 304.
func (s *shot) unmodified(resp *http.Response) error {
	if s.tag == "" || resp.Header.Get("ETag") != s.tag {
		return fmt.Errorf("304 for %s to %q", resp.Header.Get("ETag"), s.tag)
	}
	return nil
}

// check compares the head of an answer with the request.
func (s *shot) check(resp *http.Response) (token, error) {
	t, err := parseToken(resp.Header.Get("X-Token"))
	if err != nil {
		return t, fmt.Errorf("status %d, %v: %w", resp.StatusCode, resp.Header, err)
	}
	if t.path != s.want.path || t.variant != s.want.variant || t.user != s.want.user {
		return t, fmt.Errorf("answer of %s, not of %s", t, s.want)
	}
	if t.version < s.want.version {
		return t, fmt.Errorf("answer of %s, but version %d was known to be there", t, s.want.version)
	}
	if resp.Header.Get("ETag") != t.tag() {
		return t, fmt.Errorf("tag %s with %s", resp.Header.Get("ETag"), t)
	}
	if cookie := resp.Header.Get("Set-Cookie"); s.kind.cookie != (cookie != "") || s.kind.cookie && cookie != "user="+t.user {
		return t, fmt.Errorf("Set-Cookie is %q for %s", cookie, t.user)
	}
	return t, nil
}

// body checks every byte of a body.
func (c *client) body(s *shot, t token, resp *http.Response, pause time.Duration) (ended bool, err error) {
	at, end := int64(0), t.size()
	switch resp.StatusCode {
	case 200:
	case 206:
		at, end = s.first, min(s.last+1, end)
		if want := fmt.Sprintf("bytes %d-%d/%d", at, end-1, t.size()); s.first < 0 || resp.Header.Get("Content-Range") != want {
			return false, fmt.Errorf("Content-Range is %q, not %q", resp.Header.Get("Content-Range"), want)
		}
	default:
		return false, fmt.Errorf("status %d: %v", resp.StatusCode, resp.Header)
	}
	if s.method == "HEAD" {
		at = end
	}
	for {
		n, err := resp.Body.Read(c.got)
		want := c.want[:n]
		brinktest.Content(want, t.String(), at)
		if !bytes.Equal(c.got[:n], want) {
			return false, fmt.Errorf("the bytes from %d on are not those of %s", at, t)
		}
		at += int64(n)
		switch {
		case err == io.EOF && at == end:
			return resp.Close, nil
		case err == io.EOF:
			return false, fmt.Errorf("the body of %s ends at %d of %d", t, at, end)
		case err != nil && s.kind.fails && broken(err):
			return true, nil
		case err != nil:
			return false, fmt.Errorf("after %d of %d bytes of %s: %w", at, end, t, err)
		}
		time.Sleep(pause)
	}
}

// broken reports whether err says that the other side broke a body off.
func broken(err error) bool {
	var timeout net.Error
	return !(errors.As(err, &timeout) && timeout.Timeout())
}
