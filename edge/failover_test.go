package edge

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
)

// twoServers is a rig whose origin has two servers. The one that answers with
// first has the first turn.
func twoServers(t *testing.T, settings string, first, second func(*ask)) (r *rig, bad, good *fakeOrigin) {
	bad, good = newFakeOrigin(t, first), newFakeOrigin(t, second)
	return startRig(t, good, fmt.Sprintf(`
node { id = "edge-1" }
log { access = "off" }
origin "app" {
  server "http://%s" {}
  server "http://%s" {}
  %s
}
site "app" {
  hosts  = ["*"]
  origin = "app"
}`, bad.l.Addr(), good.l.Addr(), settings)), bad, good
}

// A client does not notice that a server fails, whether the request is for the
// cache or past it. Each change has a line in the log.
func TestAnotherServerAnswers(t *testing.T) {
	for _, method := range []string{"GET", "HEAD", "OPTIONS", "PUT", "DELETE"} {
		r, bad, good := twoServers(t, "", (*ask).hangUp, numbered())
		if g := r.do(method, "/a"); g.status != 200 || len(bad.all()) != 1 || len(good.all()) != 1 {
			t.Errorf("%s: %d, the servers were asked %d and %d times", method, g.status, len(bad.all()), len(good.all()))
		}
		log := r.log.String()
		if !strings.Contains(log, "origin server failed and is left out") || !strings.Contains(log, "server=http://"+bad.l.Addr().String()) {
			t.Errorf("%s: log: %s", method, log)
		}
		e, err := r.node.Explain(context.Background(), Question{URL: "http://a.test/a"})
		if err != nil || len(e.LeftOut) != 1 {
			t.Errorf("%s: explained as %+v, %v", method, e, err)
		}
		bad.now(numbered())
		r.await("the first server to be back", func() bool {
			time.Sleep(50 * time.Millisecond)
			r.get(fmt.Sprint("/", time.Now().UnixNano()))
			return strings.Contains(r.log.String(), "origin server is back")
		})
	}
}

// A request that may do harm if it is sent twice is not repeated.
func TestPostIsNotRepeated(t *testing.T) {
	for _, method := range []string{"POST", "PATCH", "LOCK"} {
		r, bad, good := twoServers(t, "", (*ask).hangUp, numbered())
		if g := r.do(method, "/a"); g.status != 502 || len(bad.all()) != 1 || len(good.all()) != 0 {
			t.Errorf("%s: %d, the servers were asked %d and %d times", method, g.status, len(bad.all()), len(good.all()))
		}
	}
}

func TestRetryStatus(t *testing.T) {
	r, _, _ := twoServers(t, "retry_status = [503]", always(503, "busy"), numbered("Cache-Control: max-age=60"))
	r.get("/a").want(t, 200, "stored", "body 1")
	r, _, _ = twoServers(t, "retry_status = [503]\nretries = 0", always(503, "busy"), numbered())
	r.get("/a").want(t, 503, "", "busy")
}
