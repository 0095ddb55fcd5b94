package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// startOrigin runs nginx with files of each size; /miss must not be stored.
func startOrigin(dir string) (*process, error) {
	root := filepath.Join(dir, "origin")
	for _, w := range workloads {
		if err := put(root, "files"+w.path, strings.Repeat("x", w.size)); err != nil {
			return nil, err
		}
	}
	if err := openUp(dir, root); err != nil {
		return nil, err
	}
	conf := fmt.Sprintf(`daemon off; worker_processes 1; pid %[1]s/pid; error_log %[1]s/error.log;
events { worker_connections 4096; }
http {
  access_log off; keepalive_requests 100000000; open_file_cache max=100; default_type text/plain;
  server {
    listen 127.0.0.1:%[2]s backlog=1024; root %[1]s/files;
    location / { add_header Cache-Control "public, max-age=3600"; }
    location /miss { add_header Cache-Control "no-store"; }
  }
}`, root, originPort)
	if err := put(root, "nginx.conf", conf); err != nil {
		return nil, err
	}
	return start(root, "1", originPort, nil, "nginx", "-c", filepath.Join(root, "nginx.conf"))
}

// openUp lets workers that have given up root read below the directories.
func openUp(dirs ...string) error {
	for _, dir := range dirs {
		if err := os.Chmod(dir, 0o755); err != nil {
			return err
		}
	}
	return nil
}

func startBrink(dir, access string) (*process, error) {
	conf := fmt.Sprintf(`
listen "web" {
  address = "127.0.0.1:%s"
}
admin {
  address = "off"
}
store {
  memory = "512MiB"
}
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
`, brinkPort, originPort, access)
	if err := put(dir, "brink.hcl", conf); err != nil {
		return nil, err
	}
	return start(dir, "0", brinkPort, []string{"GOMAXPROCS=1"},
		filepath.Join(filepath.Dir(dir), "brink"), "serve", filepath.Join(dir, "brink.hcl"))
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

// startNginx runs nginx as a tuned cache: open files cached, no Nagle tricks.
func startNginx(dir, port, directives string) (*process, error) {
	conf := fmt.Sprintf(`daemon off; worker_processes 1; pid %[1]s/pid; error_log %[1]s/error.log;
events { worker_connections 4096; }
http {
  access_log off; sendfile on; tcp_nopush off; tcp_nodelay on;
  keepalive_requests 100000000; keepalive_timeout 75;
  open_file_cache max=10000 inactive=60s; open_file_cache_valid 60s;
  proxy_cache_path %[1]s/cache keys_zone=main:16m max_size=1g inactive=1h;
  upstream files { server 127.0.0.1:%[3]s; keepalive 128; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:%[2]s backlog=1024;
    location / {
      proxy_pass http://files; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_cache main;%[4]s
    }
  }
}`, dir, port, originPort, directives)
	if err := put(dir, "nginx.conf", conf); err != nil {
		return nil, err
	}
	return start(dir, "0", port, nil, "nginx", "-c", filepath.Join(dir, "nginx.conf"))
}

func startVarnish(dir string) (*process, error) {
	vcl := fmt.Sprintf("vcl 4.1;\nbackend default { .host = \"127.0.0.1\"; .port = \"%s\"; }\n", originPort)
	if err := put(dir, "default.vcl", vcl); err != nil {
		return nil, err
	}
	return start(dir, "0", varnishPort, nil, "varnishd", "-F", "-n", filepath.Join(dir, "work"),
		"-a", "127.0.0.1:"+varnishPort, "-f", filepath.Join(dir, "default.vcl"), "-s", "malloc,512m",
		"-p", "thread_pools=1", "-p", "thread_pool_min=100")
}

func startTrafficServer(dir string) (*process, error) {
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
`, dir),
		"etc/records.config": fmt.Sprintf(`CONFIG proxy.config.http.server_ports STRING %s:ip-in=127.0.0.1
CONFIG proxy.config.exec_thread.autoconfig INT 0
CONFIG proxy.config.exec_thread.limit INT 1
CONFIG proxy.config.accept_threads INT 0
CONFIG proxy.config.log.logging_enabled INT 0
CONFIG proxy.config.diags.debug.enabled INT 0
CONFIG proxy.config.cache.ram_cache.size INT 256M
CONFIG proxy.config.http.keep_alive_no_activity_timeout_in INT 120
CONFIG proxy.config.http.insert_response_via_str INT 0
CONFIG proxy.config.url_remap.remap_required INT 1
CONFIG proxy.config.admin.user_id STRING #-1
`, trafficServerPort),
		"etc/remap.config":   fmt.Sprintf("map / http://127.0.0.1:%s/\n", originPort),
		"etc/storage.config": dir + "/cache 512M\n",
		"etc/ip_allow.yaml":  "ip_allow:\n  - apply: in\n    ip_addrs: 0/0\n    action: allow\n    methods: ALL\n",
		"etc/plugin.config":  "",
	}
	for name, text := range files {
		if err := put(dir, name, text); err != nil {
			return nil, err
		}
	}
	for _, d := range []string{"cache", "var", "run", "log"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o777); err != nil {
			return nil, err
		}
	}
	return start(dir, "0", trafficServerPort, nil, "traffic_server", "--run-root="+filepath.Join(dir, "runroot.yaml"))
}

func startFloor(dir string) (*process, error) {
	return start(dir, "0", floorPort, nil, filepath.Join(filepath.Dir(dir), "floor"), floorPort)
}
