package edge

import (
	"strings"
	"testing"
	"time"
)

// A client that leaves while it waits alone, for long, takes its fetch with it,
// where the site is known to be slow.
func TestClientLeaves(t *testing.T) {
	for name, c := range map[string]struct{ method, field string }{
		"pass":  {"POST", "Cache-Control: no-store"},
		"alone": {"GET", "Cache-Control: private"},
	} {
		t.Run(name, func(t *testing.T) {
			var r *rig
			hold := make(chan struct{})
			left := make(chan struct{})
			r = newRig(t, "", func(a *ask) {
				if a.n == 1 {
					r.sleep(3 * time.Second)
					a.give(200, "slow", c.field)
					return
				}
				go func() {
					_, _ = a.conn.Read(make([]byte, 1)) // until the node hangs up
					close(left)
				}()
				a.wait(hold)
				a.hangUp()
			})
			r.node.patience = 10 * time.Millisecond
			r.do(c.method, "/a").want(t, 200, "", "slow")
			client := r.client()
			client.ask(c.method, "/a")
			done := make(chan struct{})
			go func() {
				defer close(done)
				client.serve()
			}()
			r.await("the request", func() bool { return len(r.origin.all()) == 2 })
			close(client.gone)
			<-left
			<-done
			close(hold)
			if g := client.reply(); g.status != 504 || !strings.Contains(g.field("Proxy-Status"), "cancelled") {
				t.Errorf("%d %v", g.status, g.fields)
			}
			client.done()
			if strings.Contains(r.log.String(), "origin failed") {
				t.Error(r.log.String())
			}
		})
	}
}

// One that stays gets its response, however long it takes, and the body after
// the client was last looked at.
func TestClientStays(t *testing.T) {
	var r *rig
	r = newRig(t, "", func(a *ask) {
		if a.n == 1 {
			r.sleep(3 * time.Second)
		} else {
			time.Sleep(50 * time.Millisecond)
		}
		a.give(200, "slow", "Cache-Control: no-store")
	})
	r.node.patience = 10 * time.Millisecond
	for range 3 {
		client := r.client()
		client.ask("POST", "/a")
		client.serve()
		close(client.gone)
		time.Sleep(20 * time.Millisecond)
		if body, err := client.content(); body != "slow" || err != nil {
			t.Errorf("%q, %v", body, err)
		}
		client.done()
	}
}
