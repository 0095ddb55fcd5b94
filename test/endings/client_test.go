package endings

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"brink/test/brinktest"
)

// prompt is how soon what is done for a client must end after it left.
const prompt = time.Second

// start runs a node that logs to its output.
func start(t *testing.T, origin, settings, node string) *brinktest.Node {
	t.Helper()
	return brinktest.Start(t, fmt.Sprintf(`
node {
  id = "edge-1"
  %s
}
$LISTEN
$ADMIN
log {
  access = "stdout"
  level  = "debug"
}
origin "app" {
  server "http://%s" {}
  connect_timeout = "60s"
  %s
}
site "app" {
  hosts  = ["*"]
  origin = "app"
}`, node, origin, settings))
}

// dial connects to a node and sends text.
func dial(t *testing.T, n *brinktest.Node, text string) *net.TCPConn {
	t.Helper()
	c, err := net.Dial("tcp", n.Address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	_ = c.SetDeadline(time.Now().Add(60 * time.Second))
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	return c.(*net.TCPConn)
}

// until reads up to the end of want.
func until(t *testing.T, c net.Conn, want string) {
	t.Helper()
	var got strings.Builder
	for b := make([]byte, 1); !strings.HasSuffix(got.String(), want); got.Write(b) {
		if _, err := io.ReadFull(c, b); err != nil {
			t.Fatalf("got %q, %v; wanted %q", got.String(), err, want)
		}
	}
}

func ask(method, path string, fields ...string) string {
	return method + " " + path + " HTTP/1.1\r\nHost: a.test\r\n" + strings.Join(append(fields, ""), "\r\n") + "\r\n"
}

const (
	switched = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"

	event  = "5\r\nevent\r\n"
	events = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\nTransfer-Encoding: chunked\r\n\r\n" + event
)

// wantLogged waits for the log's word on a request: 499 if its client left, and
// no failure of the origin's.
func wantLogged(t *testing.T, n *brinktest.Node, path string, status int) {
	t.Helper()
	line := regexp.MustCompile(`(?m)^\{.*` + regexp.QuoteMeta(path) + `".*\}$`)
	for range 100 {
		if l := line.FindString(n.Output()); l != "" {
			if !strings.Contains(l, fmt.Sprintf(`"status":%d,`, status)) || status == 499 && !strings.Contains(l, `"client-gone"`) {
				t.Errorf("logged: %s", l)
			}
			if strings.Contains(n.Output(), "origin failed") {
				t.Error(n.Output())
			}
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("%s is not in the log:\n%s", path, n.Output())
}

// When a client leaves, the work for it alone ends, in every phase.
func TestClientLeaves(t *testing.T) {
	small := ask("POST", "/x", "Content-Length: 2") + "ab"
	for _, c := range []struct {
		name string
		ask  string
		does func(c net.Conn, r *http.Request)
		then string // read by the client before it leaves
	}{
		{"before the head", small, silent, ""},
		{"before the head, HTTP/1.0", "POST /x HTTP/1.0\r\nHost: a.test\r\nContent-Length: 2\r\n\r\nab", silent, ""},
		{"behind an interim response", small, says("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"), "Link: </a>\r\n\r\n"},
		{"in its content", ask("POST", "/x", "Content-Length: 1000000") + strings.Repeat("x", 300_000), silent, ""},
		{"in chunked content", ask("POST", "/x", "Transfer-Encoding: chunked") + "5\r\nhello\r\n", silent, ""},
		{"in content that is not taken", ask("POST", unread, "Content-Length: 50000000") + strings.Repeat("x", 1_000_000), silent, ""},
		{"in silent events, passed", small, says(events), event},
		{"in silent events, fetched for all", ask("GET", "/x"), says(events), event},
		{"in content of a known length", ask("GET", "/x", "Authorization: Basic x"),
			says("HTTP/1.1 200 OK\r\nContent-Length: 100\r\nCache-Control: private\r\n\r\nbegin"), "begin"},
		{"while content flows", ask("GET", "/x", "Authorization: Basic x"), func(c net.Conn, _ *http.Request) {
			_, err := io.WriteString(c, events)
			for err == nil {
				time.Sleep(10 * time.Millisecond)
				_, err = io.WriteString(c, event)
			}
		}, event},
	} {
		for _, way := range []struct {
			name  string
			leave func(c *net.TCPConn)
		}{
			{"closes", func(c *net.TCPConn) { c.Close() }},
			{"resets", func(c *net.TCPConn) { _ = c.SetLinger(0); c.Close() }},
		} {
			t.Run(c.name+", "+way.name, func(t *testing.T) {
				t.Parallel()
				o := serve(t, c.does)
				n := start(t, o.address, "", "")
				client := dial(t, n, c.ask)
				path := <-o.asked
				if c.then != "" {
					until(t, client, c.then)
				}
				time.Sleep(700 * time.Millisecond)
				way.leave(client)
				if path == unread {
					time.Sleep(prompt)
				} else {
					within(t, "the end of the fetch", o.ended, prompt)
				}
				wantLogged(t, n, path, 499)
			})
		}
	}
}

// A client that leaves while it waits for a connection to the origin leaves no
// request behind.
func TestClientLeavesBeforeRequest(t *testing.T) {
	t.Run("queue", func(t *testing.T) {
		t.Parallel()
		o := serve(t, silent)
		n := start(t, o.address, "max_connections = 1", "")
		dial(t, n, ask("POST", "/first", "Content-Length: 0"))
		<-o.asked
		client := dial(t, n, ask("POST", "/x", "Content-Length: 0"))
		time.Sleep(300 * time.Millisecond)
		client.Close()
		time.Sleep(prompt)
		wantLogged(t, n, "/x", 499)
	})
	t.Run("connecting", func(t *testing.T) {
		t.Parallel()
		n := start(t, full(t), "", "")
		client := dial(t, n, ask("POST", "/x", "Content-Length: 0"))
		time.Sleep(300 * time.Millisecond)
		client.Close()
		time.Sleep(prompt)
		wantLogged(t, n, "/x", 499)
	})
}

// One that waits for another's fetch just leaves; the other gets its answer.
func TestFollowerLeaves(t *testing.T) {
	t.Parallel()
	hold := make(chan struct{})
	o := serve(t, func(c net.Conn, _ *http.Request) {
		<-hold
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 5\r\n\r\nhello")
	})
	n := start(t, o.address, "", "")
	stays := dial(t, n, ask("GET", "/x"))
	<-o.asked
	dial(t, n, ask("GET", "/x")).Close()
	time.Sleep(prompt)
	wantLogged(t, n, "/x", 499)
	close(hold)
	until(t, stays, "hello")
}

// A tunnel ends when its client does, also without a goodbye in its own protocol.
func TestTunnelClientLeaves(t *testing.T) {
	for name, leave := range map[string]func(c *net.TCPConn){
		"closes":           func(c *net.TCPConn) { c.Close() },
		"resets":           func(c *net.TCPConn) { _ = c.SetLinger(0); c.Close() },
		"ends its sending": func(c *net.TCPConn) { _ = c.CloseWrite() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := serve(t, says(switched))
			n := start(t, o.address, "", "")
			client := dial(t, n, ask("GET", "/x", "Connection: Upgrade", "Upgrade: websocket"))
			until(t, client, "\r\n\r\n")
			leave(client)
			within(t, "the end of the tunnel", o.ended, prompt)
		})
	}
}

// RFC 9112 section 9.6: a client that ends its sending behind a whole request
// gets its answer, all of it.
func TestHalfClosedClient(t *testing.T) {
	for _, version := range []string{"1.0", "1.1"} {
		for _, method := range []string{"GET", "POST"} {
			t.Run(method+", HTTP/"+version, func(t *testing.T) {
				t.Parallel()
				o := serve(t, func(c net.Conn, _ *http.Request) {
					time.Sleep(2 * time.Second)
					_, _ = io.WriteString(c, events)
					time.Sleep(2 * time.Second)
					_, _ = io.WriteString(c, event+"0\r\n\r\n")
				})
				n := start(t, o.address, "", "")
				request := fmt.Sprintf("%s /x HTTP/%s\r\nHost: a.test\r\n", method, version)
				if method == "POST" {
					request += "Content-Length: 2\r\n\r\nab"
				} else {
					request += "\r\n"
				}
				client := dial(t, n, request)
				_ = client.CloseWrite()
				got, err := io.ReadAll(client)
				if strings.Count(string(got), "event") != 3 || err != nil {
					t.Errorf("got %q, %v", got, err)
				}
				wantLogged(t, n, "/x", 200)
			})
		}
	}
}

// The same where its FIN comes behind the origin's head, and the origin is silent then.
func TestHalfClosedBehindHead(t *testing.T) {
	for name, reply := range map[string][2]string{
		"length": {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nCache-Control: no-store\r\n\r\n", "hello"},
		"chunks": {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nCache-Control: no-store\r\n\r\n", "5\r\nhello\r\n0\r\n\r\n"},
	} {
		for _, version := range []string{"1.0", "1.1"} {
			for _, after := range []time.Duration{time.Millisecond, 50 * time.Millisecond} {
				t.Run(fmt.Sprintf("%s, HTTP/%s, after %v", name, version, after), func(t *testing.T) {
					t.Parallel()
					o := serve(t, func(c net.Conn, _ *http.Request) {
						_, _ = io.WriteString(c, reply[0])
						time.Sleep(1500 * time.Millisecond)
						_, _ = io.WriteString(c, reply[1])
					})
					n := start(t, o.address, "", "")
					client := dial(t, n, "GET /x HTTP/"+version+"\r\nHost: a.test\r\n\r\n")
					time.Sleep(after)
					_ = client.CloseWrite()
					resp, err := http.ReadResponse(bufio.NewReader(client), nil)
					if err != nil {
						t.Fatal(err)
					}
					defer resp.Body.Close()
					if got, err := io.ReadAll(resp.Body); string(got) != "hello" || err != nil {
						t.Errorf("got %q, %v", got, err)
					}
					wantLogged(t, n, "/x", 200)
				})
			}
		}
	}
}

// Clients that people use see that chunked content is not whole, also behind a "0" that
// was sent ahead.
func TestBrokenOffAfterHalfClose(t *testing.T) {
	t.Parallel()
	o := serve(t, func(c net.Conn, _ *http.Request) {
		_, _ = io.WriteString(c, events)
		time.Sleep(1500 * time.Millisecond)
		c.Close()
	})
	n := start(t, o.address, "", "")
	out, err := exec.Command("python3", "-c", `
import http.client, socket, sys
c = http.client.HTTPConnection(sys.argv[1])
c.request("GET", "/x")
r = c.getresponse()
c.sock.shutdown(socket.SHUT_WR)
try:
    print("whole", r.read())
except (http.client.IncompleteRead, ConnectionError):
    print("broken off")`, n.Address).CombinedOutput()
	if err != nil && len(out) == 0 {
		t.Skip(err)
	}
	if string(out) != "broken off\n" {
		t.Errorf("%s%v", out, err)
	}
}

// Programs that people use: curl that is killed, Python that ends its sending.
func TestRealClients(t *testing.T) {
	t.Run("curl", func(t *testing.T) {
		t.Parallel()
		o := serve(t, silent)
		n := start(t, o.address, "", "")
		cmd := exec.Command("curl", "-s", "-d", "x", n.URL("/x"))
		if err := cmd.Start(); err != nil {
			t.Skip(err)
		}
		<-o.asked
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		within(t, "the end of the fetch", o.ended, prompt)
		wantLogged(t, n, "/x", 499)
	})
	t.Run("python", func(t *testing.T) {
		t.Parallel()
		o := serve(t, func(c net.Conn, _ *http.Request) {
			time.Sleep(1500 * time.Millisecond)
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
		})
		n := start(t, o.address, "", "")
		out, err := exec.Command("python3", "-c", `
import http.client, socket, sys
c = http.client.HTTPConnection(sys.argv[1])
c.request("POST", "/x", "a")
c.sock.shutdown(socket.SHUT_WR)
r = c.getresponse()
print(r.status, r.read().decode())`, n.Address).CombinedOutput()
		if err != nil && len(out) == 0 {
			t.Skip(err)
		}
		if string(out) != "200 hello\n" {
			t.Errorf("%s%v", out, err)
		}
	})
}
