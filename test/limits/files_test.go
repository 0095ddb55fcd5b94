package limits

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"
)

// With all places for clients taken, the admin listener answers and misses succeed.
func TestDescriptors(t *testing.T) {
	for _, what := range []string{"nothing", "a part of a head", "idle", "under way"} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			n := start(t, files(256), "16MiB", "")
			places := 88 // half of what is left
			served(t, n, "127.0.0.2")
			count := places - 10
			if what != "under way" {
				count = 3 * places
			}
			for i := range count {
				nc := dial(t, n, fmt.Sprintf("127.0.0.%d", 3+i%6))
				switch what {
				case "a part of a head":
					fmt.Fprint(nc, "GET / HTTP/1.1\r\n")
				case "idle":
					if status, _ := ask(nc, "/hit/1"); status != 200 {
						t.Fatalf("client %d is answered %d", i, status)
					}
				case "under way":
					fmt.Fprintf(nc, "GET /wait/%d HTTP/1.1\r\nHost: a.test\r\n\r\n", i)
				}
			}
			for range 5 {
				served(t, n, "127.0.0.2")
			}
			client := http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}
			for range 10 {
				began := time.Now()
				resp, err := client.Get("http://" + n.Admin + "/healthz")
				if err != nil || resp.StatusCode != 200 {
					t.Fatalf("/healthz: %v", err)
				}
				resp.Body.Close()
				if took := time.Since(began); took > 5*time.Second {
					t.Errorf("/healthz took %v", took)
				}
			}
			if what == "idle" && figure(t, n, `brink_connections_limited_total{cause="idle-evicted"}`) == 0 {
				t.Error("no idle connection has given way")
			}
		})
	}
}

// More requests at once than there are connections to origins: all of them succeed or are
// told that descriptors are short, and none that the origin is down.
func TestOriginsShareDescriptors(t *testing.T) {
	t.Parallel()
	n := start(t, files(256), "16MiB", "")
	var running sync.WaitGroup
	for i := range 80 {
		running.Go(func() {
			nc := dial(t, n, fmt.Sprintf("127.0.0.%d", 3+i%6))
			for turn := range 5 {
				if status, fields := ask(nc, fmt.Sprintf("/miss/%d/%d", i, turn)); status != 200 {
					t.Errorf("answered %d, %v", status, fields)
					return
				}
			}
		})
	}
	running.Wait()
}
