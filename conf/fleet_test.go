package conf

import (
	"reflect"
	"testing"
	"time"
)

func TestFleet(t *testing.T) {
	dir := withFiles(t)
	f := func(text string, want *Fleet) {
		t.Helper()
		c, err := Parse(dir+"/t.hcl", []byte(inContext(text)))
		if err != nil {
			t.Error(err)
			return
		}
		if !reflect.DeepEqual(c.Fleet, want) {
			t.Errorf("%s\n%+v, want\n%+v", text, c.Fleet, want)
		}
	}
	f("", nil)
	f(`fleet { nats = ["nats://10.0.0.1:4222", "tls://a.test"] }`, &Fleet{
		NATS: []string{"nats://10.0.0.1:4222", "tls://a.test"}, Replicas: 1, Keep: 7 * 24 * time.Hour, MaxIsolation: 30 * time.Second, Isolated: "serve",
	})
	f(`fleet { embedded { store = "s" } isolated = "revalidate" }`, &Fleet{
		Replicas: 1, Keep: 7 * 24 * time.Hour, MaxIsolation: 30 * time.Second, Isolated: "revalidate", Embedded: Embedded{Store: dir + "/s"},
	})
	f(`fleet {
  secret_file = "fleet.secret"
  embedded { store = "s" address = "10.0.0.2:6222" clients = ":4222" peers = ["10.0.0.1:6222", "10.0.0.2:6222", "10.0.0.3:6222"] }
}`, &Fleet{
		SecretFile: dir + "/fleet.secret", Secret: "fl33t", Replicas: 3, Keep: 7 * 24 * time.Hour, MaxIsolation: 30 * time.Second, Isolated: "serve",
		Embedded: Embedded{Store: dir + "/s", Address: "10.0.0.2:6222", Clients: ":4222", Peers: []string{"10.0.0.1:6222", "10.0.0.3:6222"}},
	})
}

func TestErrorsOfFleet(t *testing.T) {
	dir := withFiles(t)
	f := func(text string, wanted ...string) {
		t.Helper()
		fails(t, dir, text+"\n"+anOrigin+aSite, wanted)
	}
	f(`fleet {}`, `t.hcl:1:1: fleet lacks its servers`, `embedded`)
	f(`fleet { nats = [] }`, `t.hcl:1:16: nats: the list is empty`)
	f(`fleet { nats = ["nats://a.test"] embedded { store = "s" } }`, `t.hcl:1:9: "nats" has no meaning beside the block "embedded"`)
	f(`fleet { nats = ["10.0.0.1:4222"] }`, `t.hcl:1:17: nats: this is not the URL of a NATS server`, `did you mean "nats://10.0.0.1:4222"?`)
	f(`fleet { nats = ["http://a.test"] }`, `the scheme of a NATS server is nats or tls, not "http"`)
	f(`fleet { nats = ["nats://u:p@a.test"] }`, `the URL holds a user or a password`, `secret_file`)
	f(`fleet { nats = ["nats://a.test/x"] }`, `a server has no path`)
	f(`fleet { nats = ["nats://a.test:99999"] }`, `nats: `)
	f(`fleet { nats = ["nats://a.test"] replicas = 2 }`, `t.hcl:1:45: replicas: 2 are no better than 1`)
	f(`fleet { embedded { store = "s" } replicas = 3 }`, `replicas: 3 are more than the servers of the hub, 1`)
	f(`fleet { nats = ["nats://a.test"] secret_file = "fleet.secret" credentials_file = "brink.creds" }`, `two ways to say who the node is`)
	f(`fleet { embedded { store = "s" } credentials_file = "brink.creds" }`, `"credentials_file" has no meaning with the block "embedded"`, `secret_file`)
	f(`fleet { nats = ["nats://a.test"] credentials_file = "none" }`, `credentials_file: none: no such file`)
	f(`fleet { nats = ["nats://a.test"] secret_file = "empty.token" }`, `secret_file: empty.token is empty`)
	f(`fleet { nats = ["nats://a.test"] isolated = "stop" }`, `isolated: "stop" is none of`)
	f(`fleet { nats = ["nats://a.test"] max_isolation = "0s" }`, `max_isolation: 0s is less than the least possible, 1s`)
	f(`fleet { embedded {} }`, `embedded lacks "store"`)
	f(`fleet { embedded { store = "s" clients = "0.0.0.0:4222" } }`, `t.hcl:1:42: clients: "0.0.0.0:4222" can be reached from outside`, `secret_file`)
	f(`fleet { embedded { store = "s" address = "10.0.0.1:6222" } }`, `address: "10.0.0.1:6222" can be reached from outside`)
	f(`fleet { embedded { store = "s" clients = "127.0.0.1:0" } }`, `a different one at each start`)
	f(`fleet { embedded { store = "s" clients = "127.0.0.1:8080" } }`, `port 8080 is listened on twice`)
	f(`fleet { embedded { store = "s" clients = "127.0.0.1:4222" address = "127.0.0.1:4222" } }`, `port 4222 is listened on twice`)
	f(`fleet { embedded { store = "s" peers = ["a.test:1", "b.test:1"] } }`, `"peers" has no meaning without "address"`)
	f(`fleet { embedded { store = "s" address = "127.0.0.1:6222" peers = ["a.test:1"] } }`, `peers: a hub of 2 servers is no better than one of 1`)
	f(`fleet { embedded { store = "s" address = "127.0.0.1:6222" peers = ["a.test:1", ":2"] } }`, `the host is missing`)
	f(`fleet { nats = ["nats://a.test"] tls { ca = "fleet-ca.pem" cert = "edge-1.pem" } }`, `tls lacks "key"`)
	f(`fleet { nats = ["nats://a.test"] tls { ca = "brink.creds" cert = "edge-1.pem" key = "edge-1.key" } }`, `ca: brink.creds: it holds no certificate`)
	f(`fleet { nats = ["nats://a.test"] tls { ca = "ca.pem" cert = "edge-1.key" key = "edge-1.key" } }`, `cert: the certificate and the key do not fit`)
	f("fleet { nats = [\"nats://a.test\"] }\nfleet { nats = [\"nats://a.test\"] }", `"fleet" is written twice`)
}
