package edge

import (
	"runtime"
	"testing"
	"weak"

	"brink/edge/message"
)

// After Done the exchange keeps nothing of the store in memory.
func TestDoneLetsGo(t *testing.T) {
	for name, c := range map[string]struct {
		stored []string
		fields []string
	}{
		"hit":       {[]string{"Cache-Control: max-age=60"}, nil},
		"variant":   {[]string{"Cache-Control: max-age=60", "Vary: X-A"}, nil},
		"range":     {[]string{"Cache-Control: max-age=60"}, []string{"Range: bytes=0-1"}},
		"validated": {[]string{"Cache-Control: no-cache"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, "", validating(c.stored...))
			client := r.client()
			client.do("GET", "/a")
			r.quiet()
			o := r.stored("/a")
			key, p := o.Key, weak.Make(o)
			o = nil
			client.do("GET", "/a", c.fields...)
			client.x.Reply = message.Reply{} // an engine lets go of the reply
			r.quiet()
			r.store.Delete(key)
			r.store.Delete(r.keyed("/a").key)
			r.await("the memory to be free", func() bool {
				runtime.GC()
				return p.Value() == nil
			})
			runtime.KeepAlive(client)
		})
	}
}

// Each request is counted once, with what became of it.
func TestRecord(t *testing.T) {
	r := newRig(t, "", func(a *ask) {
		if a.target == "/down" {
			a.hangUp()
			return
		}
		numbered("Cache-Control: max-age=60")(a)
	})
	r.get("/a")
	r.quiet()
	r.get("/a")
	r.do("POST", "/a")
	r.get("/down")
	r.get("/", "Cache-Control: only-if-cached")
	s := r.node.Stats()
	if s.Requests != 5 || s.Hits != 1 || s.Misses != 1 || s.Passes != 1 || s.Failed != 1 || s.Refused != 1 || s.Stored != 1 || s.Fetched != 3 {
		t.Errorf("%+v", s.Counts)
	}
}
