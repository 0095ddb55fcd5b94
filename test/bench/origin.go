package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"brink/test/peers"
)

// startOrigin runs nginx with files of each size; /miss must not be stored.
func startOrigin(dir string) (*peers.Process, error) {
	root := filepath.Join(dir, "origin")
	for _, w := range workloads {
		if w.disk {
			continue
		}
		if err := peers.Put(root, "files"+w.path, strings.Repeat("x", w.size)); err != nil {
			return nil, err
		}
	}
	if err := peers.OpenUp(dir, root); err != nil {
		return nil, err
	}
	conf := fmt.Sprintf(`daemon off; worker_processes 1; pid %[1]s/pid; error_log %[1]s/error.log;
events { worker_connections 4096; }
http {
  access_log off; keepalive_requests 100000000; open_file_cache max=100; default_type text/plain;
  server {
    listen 127.0.0.1:%[2]s backlog=1024; root %[1]s/files;
    location / { add_header Cache-Control "public, max-age=3600"; }
    location ~ ^/d/ { alias %[1]s/files/100k; add_header Cache-Control "public, max-age=3600"; }
    location /miss { add_header Cache-Control "no-store"; }
  }
}`, root, originPort)
	if err := peers.Put(root, "nginx.conf", conf); err != nil {
		return nil, err
	}
	return peers.Start(root, "1", originPort, nil, "nginx", "-c", filepath.Join(root, "nginx.conf"))
}
