package origin

import (
	"context"
	"testing"
)

// Content that has arrived and is malformed is no reason not to end the exchange.
func TestCloseUnreadFault(t *testing.T) {
	for _, head := range []string{
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n",
	} {
		o, x := begin(t, say(head), rest)
		x.Close()
		if s := o.Stats(); s.Running != 0 || s.Servers[0].Open != 0 {
			t.Errorf("%q: %d run, %d connections", head, s.Running, s.Servers[0].Open)
		}
	}
}

// The same, where another try replaces the response.
func TestRetryAfterUnreadFault(t *testing.T) {
	config, _ := serve(t,
		script(request, say("HTTP/1.1 503 Sorry\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), rest),
	)
	other, _ := serve(t, script(request, say("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), rest))
	config.Servers = append(config.Servers, other.Servers...)
	config.Retries, config.RetryStatus = 1, []int{503}
	o := start(t, config)
	x, err := o.Fetch(context.Background(), get())
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	if x.Status != 200 {
		t.Error(x.Status)
	}
}

// A connection that was aborted is not kept, even if all of the content had been read by
// then.
func TestAbortedConnectionIsNotKept(t *testing.T) {
	o, x := begin(t, say(hello), rest)
	x.exchange.abort()
	x.Close()
	if s := o.Stats().Servers[0]; s.Idle != 0 || s.Open != 0 {
		t.Errorf("%d connections are kept, %d are open", s.Idle, s.Open)
	}
}
