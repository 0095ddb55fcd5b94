package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"brink/test/peers"
)

// servers starts each server on processor 0, with its files in dir.
var servers = map[string]func(dir string) (*peers.Process, error){
	"brink":         func(dir string) (*peers.Process, error) { return startBrink(dir, "off") },
	"brink-purged":  startBrinkPurged,
	"brink-log":     func(dir string) (*peers.Process, error) { return startBrink(dir, filepath.Join(dir, "access.log")) },
	"nginx":         func(dir string) (*peers.Process, error) { return startNginx(dir, nginxPort, "") },
	"nginx-fields":  func(dir string) (*peers.Process, error) { return startNginx(dir, nginxFieldsPort, nginxFields) },
	"varnish":       startVarnish,
	"trafficserver": startTrafficServer,
	"floor":         startFloor,

	"brink-disk":         startBrinkOnDisk,
	"trafficserver-disk": startTrafficServerOnDisk,
}

var serverNames = []string{
	"brink", "brink-log", "brink-purged", "nginx", "nginx-fields", "varnish", "trafficserver", "floor", "brink-disk", "trafficserver-disk",
}

// onDisk are the servers whose RAM is too small for what is measured.
var onDisk = map[string]bool{"brink-disk": true, "trafficserver-disk": true}

// Where the servers and the origin listen.
const (
	originPort        = "18900"
	brinkPort         = "18901"
	nginxPort         = "18902"
	varnishPort       = "18903"
	trafficServerPort = "18904"
	floorPort         = "18905"
	nginxFieldsPort   = "18906"
	brinkDiskPort     = "18907"
	trafficDiskPort   = "18908"
	brinkPurgedPort   = "18909"
	brinkAdminPort    = "18910" // of the purged one
)

const mebibyte = 1 << 20

func startBrink(dir, access string) (*peers.Process, error) {
	return peers.Brink(peers.Setup{Dir: dir, Processors: "0", Port: brinkPort, Origin: originPort, Memory: 512 * mebibyte, Access: access})
}

// outstanding is how many tags brink-purged has to remember.
const outstanding = 1_000_000

// startBrinkPurged purges tags that nothing has. They are kept, since there is an
// object that is older.
func startBrinkPurged(dir string) (*peers.Process, error) {
	s, err := peers.Brink(peers.Setup{
		Dir: dir, Processors: "0", Port: brinkPurgedPort, Origin: originPort, Memory: 512 * mebibyte, Access: "off", Admin: brinkAdminPort,
	})
	if err != nil {
		return nil, err
	}
	if err = peers.AwaitOK(s.Address, "/1k", 20*time.Second); err == nil {
		err = purgeTags("http://127.0.0.1:"+brinkAdminPort+"/v1/purge", outstanding)
	}
	if err != nil {
		s.Stop()
		return nil, err
	}
	return s, nil
}

func purgeTags(url string, n int) error {
	const aCall = 10_000
	for from := 0; from < n; from += aCall {
		order := struct {
			Tags []string `json:"tags"`
		}{make([]string, aCall)}
		for i := range order.Tags {
			order.Tags[i] = fmt.Sprintf("tag-%d", from+i)
		}
		body, err := json.Marshal(&order)
		if err != nil {
			return err
		}
		resp, err := http.Post(url, "application/json", bytes.NewReader(body))
		if err != nil {
			return err
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			return fmt.Errorf("purge: %s", resp.Status)
		}
	}
	return nil
}

// nginxFields has nginx tell the origin about the client, and the client about
// the cache, what brink tells them. Without it nginx does less work for a miss.
const nginxFields = `
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header Forwarded 'for=$remote_addr;host="$http_host";proto=$scheme';
      proxy_set_header Via "1.1 edge";
      proxy_set_header CDN-Loop edge;
      proxy_set_header X-Request-ID $request_id;
      add_header Via "1.1 edge";
      add_header Cache-Status "edge; $upstream_cache_status";`

func startNginx(dir, port, directives string) (*peers.Process, error) {
	return peers.Nginx(peers.Setup{Dir: dir, Processors: "0", Port: port, Origin: originPort, Disk: 1024 * mebibyte, Directives: directives})
}

func startVarnish(dir string) (*peers.Process, error) {
	return peers.Varnish(peers.Setup{Dir: dir, Processors: "0", Port: varnishPort, Origin: originPort, Memory: 512 * mebibyte})
}

func startTrafficServer(dir string) (*peers.Process, error) {
	return peers.TrafficServer(peers.Setup{
		Dir: dir, Processors: "0", Port: trafficServerPort, Origin: originPort, Memory: 256 * mebibyte, Disk: 512 * mebibyte,
	})
}

func startBrinkOnDisk(dir string) (*peers.Process, error) {
	return peers.Brink(peers.Setup{
		Dir: dir, Processors: "0", Port: brinkDiskPort, Origin: originPort, Memory: 16 * mebibyte, Disk: 1024 * mebibyte, Access: "off",
	})
}

func startTrafficServerOnDisk(dir string) (*peers.Process, error) {
	return peers.TrafficServer(peers.Setup{
		Dir: dir, Processors: "0", Port: trafficDiskPort, Origin: originPort, Memory: 16 * mebibyte, Disk: 1024 * mebibyte,
	})
}

func startFloor(dir string) (*peers.Process, error) {
	return peers.Start(dir, "0", floorPort, nil, filepath.Join(filepath.Dir(dir), "floor"), floorPort)
}

// checkTools says what is missing, and how to get it.
func checkTools(names []string) error {
	commands := map[string]string{"varnish": "varnishd", "trafficserver": "traffic_server", "trafficserver-disk": "traffic_server"}
	needed := []string{"wrk", "nginx"}
	for _, name := range names {
		if c := commands[name]; c != "" {
			needed = append(needed, c)
		}
	}
	return peers.Check(needed...)
}

// buildServers compiles those that come from this repository.
func buildServers(names []string, dir string) error {
	if slices.ContainsFunc(names, func(name string) bool { return strings.HasPrefix(name, "brink") }) {
		if err := peers.Build(dir); err != nil {
			return err
		}
	}
	if slices.Contains(names, "floor") {
		return peers.Run(exec.Command("cc", "-O2", "-o", filepath.Join(dir, "floor"), "test/bench/floor/floor.c"))
	}
	return nil
}
