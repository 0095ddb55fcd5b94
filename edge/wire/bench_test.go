package wire

import "testing"

var plainHead = []byte("GET /a HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: curl/8.5.0 (x86_64-pc-linux-gnu)\r\n" +
	"Accept: */*\r\nAccept-Encoding: gzip, deflate, br\r\n\r\n")

var browserHead = []byte("GET /assets/app-5f2c9d.js?v=1234 HTTP/1.1\r\nHost: www.example.com\r\nConnection: keep-alive\r\n" +
	"sec-ch-ua: \"Chromium\";v=\"140\", \"Not=A?Brand\";v=\"24\"\r\nsec-ch-ua-mobile: ?0\r\n" +
	"User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36\r\n" +
	"sec-ch-ua-platform: \"Linux\"\r\nAccept: */*\r\nSec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: no-cors\r\n" +
	"Sec-Fetch-Dest: script\r\nReferer: https://www.example.com/a/page.html\r\n" +
	"Accept-Encoding: gzip, deflate, br, zstd\r\nAccept-Language: en-US,en;q=0.9\r\n\r\n")

func TestNoAllocs(t *testing.T) {
	var r Request
	var resp Response
	var d Decoder
	response := []byte("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\n")
	chunks := []byte("5;a=b\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n")
	buf := make([]byte, 0, 256)
	for name, f := range map[string]func(){
		"Request.Parse":  func() { r.Parse(plainHead, Limits{8000, 100}) },
		"browser":        func() { r.Parse(browserHead, Limits{8000, 100}) },
		"Response.Parse": func() { resp.Parse(response, Limits{}, false) },
		"Decoder": func() {
			d.Reset()
			for rest := chunks; len(rest) > 0; {
				_, n, _ := d.Next(rest)
				rest = rest[n:]
			}
		},
		"StatusLine":      func() { buf = append(buf[:0], StatusLine(299)...) },
		"AppendChunkHead": func() { buf = AppendChunkHead(buf[:0], 1<<20) },
		"ContainsToken":   func() { ContainsToken(buf, "close") },
	} {
		f()
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func benchmarkRequest(b *testing.B, head []byte) {
	var r Request
	b.SetBytes(int64(len(head)))
	b.ReportAllocs()
	for b.Loop() {
		if fault := r.Parse(head, Limits{8000, 100}); fault != None {
			b.Fatal(fault)
		}
	}
}

func BenchmarkRequest(b *testing.B)        { benchmarkRequest(b, plainHead) }
func BenchmarkRequestBrowser(b *testing.B) { benchmarkRequest(b, browserHead) }

func BenchmarkHeadEnd(b *testing.B) {
	for b.Loop() {
		if n, _ := HeadEnd(plainHead, 0); n != len(plainHead) {
			b.Fatal(n)
		}
	}
}

func BenchmarkDecoder(b *testing.B) {
	src := AppendChunkHead(nil, 4096)
	src = append(src, make([]byte, 4096)...)
	src = append(src, ChunkEnd...)
	var d Decoder
	b.ReportAllocs()
	for b.Loop() {
		for rest := src; len(rest) > 0; {
			_, n, fault := d.Next(rest)
			if fault != None {
				b.Fatal(fault)
			}
			rest = rest[n:]
		}
	}
}
