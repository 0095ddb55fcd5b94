package peers

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Setup is where a server runs and what it may use. It ignores what it has no
// use for.
type Setup struct {
	Dir          string // for its files; below one with the brink that Build made
	Processors   string // as taskset has them
	Port, Origin string // of 127.0.0.1
	Memory, Disk int64  // budgets in bytes
	Access       string // brink's access log
	Admin        string // port of brink's admin listener; empty: none
	Directives   string // more of nginx's conf for the one location
}

// Brink starts brink, with a disk tier if there is a budget for one.
func Brink(s Setup) (*Process, error) {
	disk := ""
	if s.Disk > 0 {
		disk = fmt.Sprintf("  disk {\n    path = \"cache\"\n    size = \"%d\"\n  }\n", s.Disk)
	}
	admin := "off"
	if s.Admin != "" {
		admin = "127.0.0.1:" + s.Admin
	}
	conf := fmt.Sprintf(`
listen "web" {
  address = "127.0.0.1:%s"
}
admin {
  address = "%s"
}
store {
  memory = "%d"
%s}
origin "files" {
  server "http://127.0.0.1:%s" {}
}
site "all" {
  hosts  = ["*"]
  origin = "files"
}
log {
  access = %q
}
`, s.Port, admin, s.Memory, disk, s.Origin, s.Access)
	if err := Put(s.Dir, "brink.hcl", conf); err != nil {
		return nil, err
	}
	processors := strings.Count(s.Processors, ",") + 1
	return Start(s.Dir, s.Processors, s.Port, []string{fmt.Sprintf("GOMAXPROCS=%d", processors)},
		filepath.Join(filepath.Dir(s.Dir), "brink"), "serve", filepath.Join(s.Dir, "brink.hcl"))
}

// Nginx starts nginx as a tuned cache: open files cached, no Nagle tricks.
func Nginx(s Setup) (*Process, error) {
	conf := fmt.Sprintf(`daemon off; worker_processes 1; pid %[1]s/pid; error_log %[1]s/error.log;
events { worker_connections 4096; }
http {
  access_log off; sendfile on; tcp_nopush off; tcp_nodelay on;
  keepalive_requests 100000000; keepalive_timeout 75;
  open_file_cache max=10000 inactive=60s; open_file_cache_valid 60s;
  proxy_cache_path %[1]s/cache keys_zone=main:16m max_size=%[5]d inactive=1h;
  upstream files { server 127.0.0.1:%[3]s; keepalive 128; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:%[2]s backlog=1024;
    location / {
      proxy_pass http://files; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_cache main;%[4]s
    }
  }
}`, s.Dir, s.Port, s.Origin, s.Directives, s.Disk)
	if err := Put(s.Dir, "nginx.conf", conf); err != nil {
		return nil, err
	}
	return Start(s.Dir, s.Processors, s.Port, nil, "nginx", "-c", filepath.Join(s.Dir, "nginx.conf"))
}

// Varnish starts Varnish, which keeps all in memory. A large object may push out
// many small ones; by default it fails for some.
func Varnish(s Setup) (*Process, error) {
	vcl := fmt.Sprintf("vcl 4.1;\nbackend default { .host = \"127.0.0.1\"; .port = \"%s\"; }\n", s.Origin)
	if err := Put(s.Dir, "default.vcl", vcl); err != nil {
		return nil, err
	}
	return Start(s.Dir, s.Processors, s.Port, nil, "varnishd", "-F", "-n", filepath.Join(s.Dir, "work"),
		"-a", "127.0.0.1:"+s.Port, "-f", filepath.Join(s.Dir, "default.vcl"), "-s", fmt.Sprintf("malloc,%d", s.Memory),
		"-p", "thread_pools=1", "-p", "thread_pool_min=100", "-p", "nuke_limit=10000")
}

// TrafficServer starts Traffic Server, which keeps all that it stores on disk and
// copies of it in memory.
func TrafficServer(s Setup) (*Process, error) {
	files := map[string]string{
		"runroot.yaml": fmt.Sprintf(`prefix: %[1]s
exec_prefix: /usr
bindir: /usr/bin
sbindir: /usr/sbin
sysconfdir: %[1]s/etc
datadir: %[1]s/cache
includedir: /usr/include
libdir: /usr/lib/trafficserver
libexecdir: /usr/lib/trafficserver/modules
localstatedir: %[1]s/var
runtimedir: %[1]s/run
logdir: %[1]s/log
cachedir: %[1]s/cache
`, s.Dir),
		"etc/records.config": fmt.Sprintf(`CONFIG proxy.config.http.server_ports STRING %s:ip-in=127.0.0.1
CONFIG proxy.config.exec_thread.autoconfig INT 0
CONFIG proxy.config.exec_thread.limit INT 1
CONFIG proxy.config.accept_threads INT 0
CONFIG proxy.config.log.logging_enabled INT 0
CONFIG proxy.config.diags.debug.enabled INT 0
CONFIG proxy.config.cache.ram_cache.size INT %d
CONFIG proxy.config.http.keep_alive_no_activity_timeout_in INT 120
CONFIG proxy.config.http.insert_response_via_str INT 0
CONFIG proxy.config.url_remap.remap_required INT 1
CONFIG proxy.config.admin.user_id STRING #-1
`, s.Port, s.Memory),
		"etc/remap.config":   fmt.Sprintf("map / http://127.0.0.1:%s/\n", s.Origin),
		"etc/storage.config": fmt.Sprintf("%s/cache %d\n", s.Dir, s.Disk),
		"etc/ip_allow.yaml":  "ip_allow:\n  - apply: in\n    ip_addrs: 0/0\n    action: allow\n    methods: ALL\n",
		"etc/plugin.config":  "",
	}
	for name, text := range files {
		if err := Put(s.Dir, name, text); err != nil {
			return nil, err
		}
	}
	for _, d := range []string{"cache", "var", "run", "log"} {
		if err := os.MkdirAll(filepath.Join(s.Dir, d), 0o777); err != nil {
			return nil, err
		}
	}
	return Start(s.Dir, s.Processors, s.Port, nil, "traffic_server", "--run-root="+filepath.Join(s.Dir, "runroot.yaml"))
}
