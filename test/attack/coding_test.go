package attack

import (
	"fmt"
	"strings"
	"testing"
)

// TestTransferEncoding sends several hundred distorted forms of "Transfer-Encoding:
// chunked". The node must refuse a form that is not a field line, or that another server
// could take for Transfer-Encoding. Other forms are ordinary fields, and must not change
// the framing of the content.
func TestTransferEncoding(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	for i, line := range distorted() {
		t.Run(fmt.Sprintf("A03/%d", i), func(t *testing.T) {
			t.Parallel()
			const body = "0\r\n\r\nGET /smuggled$ID HTTP/1.1\r\nX: y\r\n\r\n"
			framed := fmt.Sprintf("POST /c/$ID HTTP/1.1\r\n$HContent-Length: %d\r\n%s\r\n\r\n%s", size(body), line, body)
			if harmlessLine(line) {
				w.acceptsFramed(t, framed, body)
				return
			}
			t.Logf("%q", line)
			w.refuses(t, framed, 400, 501)
			if name, value, _ := strings.Cut(line, ":"); name == "Transfer-Encoding" && strings.Trim(value, " \t") == "chunked" {
				return // with the blanks that RFC 9110 section 5.5 allows; by itself it is as it should be
			}
			w.refuses(t, fmt.Sprintf("POST /c/$ID HTTP/1.1\r\n$H%s\r\n\r\n0\r\n\r\n", line), 400, 501)
		})
	}
	for _, value := range []string{"chunked", "Chunked", "CHUNKED", " chunked \t"} {
		t.Run("A03/"+value, func(t *testing.T) {
			t.Parallel()
			_, got := w.accepts(t, "POST /c/$ID HTTP/1.1\r\n$HTransfer-Encoding:"+value+"\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 200)
			if len(got) != 1 || got[0].body != "hello" || got[0].framing != "length" {
				t.Errorf("the origin got %+v", got)
			}
		})
	}
	w.replaysAlike(t)
}

// acceptsFramed checks that the length alone frames an input.
func (w *world) acceptsFramed(t *testing.T, text, body string) {
	t.Helper()
	_, got := w.accepts(t, text, 200)
	if len(got) != 1 || got[0].framing != "length" || got[0].body != input(body, marked(got[0].target)) {
		t.Fatalf("the origin got %+v", got)
	}
}

// distorted lists lines of fields, without the last CRLF.
func distorted() (lines []string) {
	lines = []string{
		"Transfer-Encoding: identity", "Transfer-Encoding: gzip", "Transfer-Encoding: gzip, chunked", "Transfer-Encoding: chunked, gzip",
		"Transfer-Encoding: chunked, identity", "Transfer-Encoding: identity, chunked", "Transfer-Encoding: chunked, chunked",
		"Transfer-Encoding: , chunked", "Transfer-Encoding: chunked,", "Transfer-Encoding: chunked;q=1", "Transfer-Encoding: \"chunked\"",
		"Transfer-Encoding: 'chunked'", "Transfer-Encoding: xchunked", "Transfer-Encoding: chunkedx", "Transfer-Encoding: x chunked",
		"Transfer-Encoding: chunk", "Transfer-Encoding: chu nked", "Transfer-Encoding:", "Transfer-Encoding: ", "Transfer-Encoding: cow",
		"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nTransfer-Encoding: x",
		"Transfer-Encoding: x\r\nTransfer-Encoding: chunked", "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
		"Transfer-Encoding:\r\n chunked", "Transfer-Encoding:\r\n\tchunked", "Transfer-Encoding\r\n : chunked", "Transfer-Encoding\r\n: chunked",
		"X: y\r\n Transfer-Encoding: chunked", "X: y\nTransfer-Encoding: chunked", "X: y\rTransfer-Encoding: chunked", "X: y\n\rTransfer-Encoding: chunked",
		"X: y\r\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\rX: y", "Transfer-Encoding: chunked\nX: y", "Transfer-Encoding chunked",
		"Transfer-Encoding = chunked", "Transfer-Encoding; chunked", "Transfer_Encoding: chunked", "transfer_encoding: chunked", "TRANSFER-ENCODING: chunke\u0064\u0300",
		"Transfer Encoding: chunked", "Transfer--Encoding: chunked", "TransferEncoding: chunked", "Transfer-Encodin\uff47: chunked", "Transfer\u2010Encoding: chunked",
		"Transfer-Encoding: \uff43hunked", "Transfer-Encoding: chun\u212aed", "\ufeffTransfer-Encoding: chunked", "Transfer-%45ncoding: chunked", ": chunked", "Transfer-Encoding:: chunked",
	}
	bytes := []byte{'"', '\'', ',', ';', '\\', '_', 0x7f, 0x80, 0x85, 0xa0, 0xff}
	for c := byte(0); c <= ' '; c++ {
		bytes = append(bytes, c)
	}
	for _, c := range bytes {
		for _, form := range []string{
			"%cTransfer-Encoding: chunked", "Transfer%cEncoding: chunked", "Transfer-%cEncoding: chunked", "Transfer-Encoding%c: chunked",
			"Transfer-Encoding:%cchunked", "Transfer-Encoding: %cchunked", "Transfer-Encoding: chunked%c", "Transfer-Encoding: chun%cked",
			"Transfer-Encoding: %cchunked%[1]c", "Transfer-Encoding%c:%[1]cchunked", "Transfer-Encoding: chunked%cX: y", "X: y%cTransfer-Encoding: chunked",
			"X: y\r\n%cTransfer-Encoding: chunked", "X%cTransfer-Encoding: chunked", "Transfer-Encoding: x%cchunked",
		} {
			marked := strings.ReplaceAll(strings.ReplaceAll(form, "%[1]c", "@"), "%c", "@")
			lines = append(lines, strings.ReplaceAll(marked, "@", string([]byte{c})))
		}
	}
	return lines
}

// harmlessLine reports whether a line, or each of several, is a field line of
// RFC 9112 section 5 with a name that no server takes for a framing field.
func harmlessLine(lines string) bool {
	for line := range strings.SplitSeq(lines, "\r\n") {
		name, value, ok := strings.Cut(line, ":")
		if !ok || !isToken(name) || !isValue(value) || strings.EqualFold(strings.ReplaceAll(name, "_", "-"), "Transfer-Encoding") {
			return false
		}
	}
	return true
}
