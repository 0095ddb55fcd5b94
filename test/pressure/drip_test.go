package pressure

import (
	"fmt"
	"net/http"
	"path"
	"strconv"
	"testing"
	"time"
)

// A site whose origin drips leaves others their room.
func TestDrip(t *testing.T) {
	const clients = 400
	pages := of(200, 1000)
	r := begin(t, "drip", fmt.Sprintf("%d responses of an origin that sends 1 byte in 2 s, whose clients left", clients))
	dripping := startOrigin(r, answers{"drip": func(w http.ResponseWriter, q *http.Request) { drip(w, q, clients) }})
	n := start(r, startOrigin(r, nil), settings{blocks: fmt.Sprintf(`
origin "dripping" {
  server "http://%s" {}
}
site "dripping" {
  hosts  = ["drip.test"]
  origin = "dripping"
}`, dripping.address)})
	c := gather(r, plan{
		Target: n.Address, From: []string{attacker}, Count: clients, Every: time.Second, Once: true,
		Opening: "GET /drip/$ID HTTP/1.1\r\nHost: drip.test\r\n\r\n",
	})
	c.assemble(r)
	time.Sleep(of(500*time.Millisecond, 5*time.Second))
	r.attackers(c)
	r.show("bodies under way", count(n.metric(r, "brink_store_fills")))
	r.show("bytes of them", size(n.metric(r, "brink_store_flight_bytes")))
	var answered, stored int
	for i := range pages {
		page := fmt.Sprint("/new/drip/", i)
		_, err := n.get(others, page)
		hit, again := n.get(others, page)
		if err == nil && again == nil {
			answered++
		}
		if hit {
			stored++
		}
	}
	least(r, fmt.Sprintf("%d pages of another site, answered", pages), share(answered)/share(pages), 1)
	least(r, "stored", share(stored)/share(pages), 1)
	n.recovers(r)
}

// dripLengths are of large bodies first, and then of small ones that take what room is left.
var dripLengths = [...]int{1e6, 100e3, 10e3, 1e3}

// drip sends a byte in two seconds of a body that may be stored.
func drip(w http.ResponseWriter, q *http.Request, clients int) {
	id, err := strconv.Atoi(path.Base(q.URL.Path))
	if err != nil {
		panic(err)
	}
	w.Header().Set("Cache-Control", "max-age=3600")
	w.Header().Set("Content-Length", strconv.Itoa(dripLengths[min(id, clients-1)*len(dripLengths)/clients]))
	for first := true; first || pause(q, 2*time.Second); first = false {
		if _, err := w.Write([]byte("x")); err != nil {
			return
		}
		_ = http.NewResponseController(w).Flush()
	}
}
