package script

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http/httputil"
	"net/textproto"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"brink/test/brinktest"
)

// patience is how long anything may take.
const patience = 10 * time.Second

// request is what get sends. The client writes it as it is given: net/http
// would hide interim responses, and repair both sides.
type request struct {
	address string
	method  string
	target  string
	fields  []string
	body    string
	upgrade string // to send once the protocol is switched
}

// send returns the response as text, with lines that end in \n: heads, then
// the body, or its length if it is not text.
func (r *request) send() (string, error) {
	c, err := net.DialTimeout("tcp", r.address, patience)
	if err != nil {
		return "", err
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		return "", err
	}
	head, expects := r.head()
	if _, err := io.WriteString(c, head); err != nil {
		return "", err
	}
	if !expects {
		// A server may answer and close before it has read all.
		_, _ = io.WriteString(c, r.body)
	}
	var out strings.Builder
	in := bufio.NewReader(c)
	for {
		status, fields, err := readHead(in, &out)
		switch {
		case err != nil:
			return out.String(), fmt.Errorf("read the head: %w", err)
		case status == 100 && expects:
			_, _ = io.WriteString(c, r.body)
		case status == 101:
			err := r.converse(c, in, &out)
			return out.String(), err
		case status >= 200:
			err := r.readBody(in, &out, status, fields)
			return out.String(), err
		}
	}
}

func (r *request) head() (text string, expects bool) {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\n", r.method, r.target)
	fields := r.fields
	if r.upgrade != "" {
		fields = append(fields, "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")
	}
	host := true
	for _, f := range fields {
		lower := strings.ToLower(f)
		host = host && !strings.HasPrefix(lower, "host:")
		expects = expects || strings.HasPrefix(lower, "expect: 100-continue")
		b.WriteString(f + "\r\n")
	}
	if host {
		fmt.Fprintf(&b, "Host: %s\r\n", r.address)
	}
	if r.body != "" {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(r.body))
	}
	return b.String() + "\r\n", expects
}

// readHead copies a head to out, with the empty line after it.
func readHead(in *bufio.Reader, out *strings.Builder) (status int, fields textproto.MIMEHeader, err error) {
	fields = make(textproto.MIMEHeader)
	for first := true; ; first = false {
		line, err := in.ReadString('\n')
		if err != nil {
			return 0, nil, err
		}
		line = strings.TrimRight(line, "\r\n")
		out.WriteString(line + "\n")
		switch {
		case line == "":
			return status, fields, nil
		case first:
			if status, err = strconv.Atoi(strings.Fields(line + " x x")[1]); err != nil {
				return 0, nil, fmt.Errorf("status line %q", line)
			}
		default:
			name, value, _ := strings.Cut(line, ": ")
			fields.Add(name, value)
		}
	}
}

func (r *request) readBody(in *bufio.Reader, out *strings.Builder, status int, fields textproto.MIMEHeader) error {
	if r.method == "HEAD" || status == 204 || status == 304 {
		return nil
	}
	var from io.Reader = in
	length := -1
	switch {
	case fields.Get("Transfer-Encoding") == "chunked":
		from = httputil.NewChunkedReader(in)
	case fields.Get("Content-Length") != "":
		n, err := strconv.Atoi(fields.Get("Content-Length"))
		if err != nil {
			return err
		}
		length, from = n, io.LimitReader(in, int64(n))
	}
	body, err := io.ReadAll(from)
	if err == nil && length >= 0 && len(body) < length {
		err = io.ErrUnexpectedEOF
	}
	if utf8.Valid(body) {
		out.Write(body)
	} else {
		fmt.Fprintf(out, "[%s]\n", r.describe(body, fields.Get("Content-Range")))
	}
	if err != nil {
		return fmt.Errorf("read the body: %w", err)
	}
	return nil
}

// describe tells the length of a body, and whether it is what size=N
// makes an origin send for the path.
func (r *request) describe(body []byte, contentRange string) string {
	span, _, _ := strings.Cut(strings.TrimPrefix(contentRange, "bytes "), "-")
	offset, _ := strconv.ParseInt(span, 10, 64) // 0 without a range
	path, _, _ := strings.Cut(r.target, "?")
	want := make([]byte, len(body))
	brinktest.Content(want, path, offset)
	if string(want) != string(body) {
		return fmt.Sprintf("%d bytes, not those of %s", len(body), path)
	}
	return fmt.Sprintf("%d bytes", len(body))
}

// converse sends the text of an upgrade and reads as much back.
func (r *request) converse(c io.Writer, in io.Reader, out *strings.Builder) error {
	if r.upgrade == "" {
		return errors.New("switched protocols unasked")
	}
	if _, err := io.WriteString(c, r.upgrade); err != nil {
		return err
	}
	back := make([]byte, len(r.upgrade))
	_, err := io.ReadFull(in, back)
	out.Write(back)
	out.WriteString("\n")
	return err
}
