package conf

import "time"

// The tables of this file and of settings_rule.go are the grammar. Their order is the order of the reference.

var rootSection = &section{
	sections: []*section{nodeSection, listenSection, adminSection, storeSection, originSection, fleetSection, siteSection, logSection},
	zero:     func() any { return new(Config) },
}

var nodeSection = &section{
	kind: "node", once: true, zero: func() any { return new(Node) },
	meaning: "Identity of this node, and how it stops.",
	settings: []*setting{
		{name: "id", absent: "the host's name", check: checkNodeID, field: at(func(n *Node) any { return &n.ID }),
			meaning: "name of the node in `Cache-Status`, `Via` and `CDN-Loop`, and in its fleet; at most 255 characters"},
		{name: "drain_timeout", value: `"10s"`, above: true, field: at(func(n *Node) any { return &n.DrainTimeout }),
			meaning: "how long requests under way may go on after the node is told to stop; then they are cut off. This time includes `drain_grace`"},
		{name: "drain_grace", value: `"0s"`, field: at(func(n *Node) any { return &n.DrainGrace }),
			meaning: "how long the node still accepts connections after it is told to stop. `/readyz` says 503 from the start. Set it to the time that the load balancer needs to notice that"},
	},
}

var listenSection = &section{
	kind: "listen", label: "name", zero: func() any { return new(Listen) },
	meaning: "An address where clients connect. Without a `listen` block the node listens on `127.0.0.1:8080`.",
	settings: []*setting{
		{name: "address", must: true, check: checkAddress, field: at(func(l *Listen) any { return &l.Address }),
			meaning: "`host:port`; without a host, the node listens on all addresses of the machine"},
		{name: "trusted_proxies", absent: "none", field: at(func(l *Listen) any { return &l.TrustedProxies }),
			meaning: "addresses and networks of the TLS terminators, load balancers and CDNs in front of the node. " +
				"The node believes their `X-Forwarded-For`, `X-Forwarded-Proto`, `X-Forwarded-Host`, `X-Real-IP` and `Forwarded`: " +
				"see [who the client is](../edge/listen/README.md)"},
		{name: "max_head", value: `"32KiB"`, least: 1 << 10, most: 16 << 20, field: at(func(l *Listen) any { return &l.MaxHead }),
			meaning: "longest head of a request: request line and fields together. A longer one is answered 431"},
		{name: "max_target", value: `"16KiB"`, least: 256, most: 16 << 20, field: at(func(l *Listen) any { return &l.MaxTarget }),
			meaning: "longest request target. A longer one is answered 414"},
		{name: "max_fields", value: `128`, least: 1, most: 65536, field: at(func(l *Listen) any { return &l.MaxFields }),
			meaning: "most field lines of a request. More are answered 431"},
		{name: "max_body", value: `"0"`, field: at(func(l *Listen) any { return &l.MaxBody }),
			meaning: "longest content of a request. A longer one is answered 413. 0: no limit"},
		{name: "head_timeout", value: `"10s"`, above: true, field: at(func(l *Listen) any { return &l.HeadTimeout }),
			meaning: "how long the head of a request may take to arrive"},
		{name: "idle_timeout", value: `"60s"`, above: true, field: at(func(l *Listen) any { return &l.IdleTimeout }),
			meaning: "how long a connection is kept between requests"},
		{name: "body_timeout", value: `"30s"`, above: true, field: at(func(l *Listen) any { return &l.BodyTimeout }),
			meaning: "longest time in which no byte of a request's or response's content moves"},
		{name: "min_rate", value: `"500"`, field: at(func(l *Listen) any { return &l.MinRate }),
			meaning: "least rate of a request or response body, in bytes a second, after `body_grace`. 0: no limit"},
		{name: "body_grace", value: `"20s"`, field: at(func(l *Listen) any { return &l.BodyGrace }),
			meaning: "how long a body may be slower than `min_rate`"},
		{name: "max_connections", value: `0`, field: at(func(l *Listen) any { return &l.MaxConnections }),
			meaning: "most client connections at a time. 0: as many as the file descriptors allow. If one more client connects, the node closes a connection that waits for a request: first one whose head has been incomplete for a second, then an idle one"},
		{name: "max_connections_per_client", value: `0`, field: at(func(l *Listen) any { return &l.MaxConnectionsPerClient }),
			meaning: "most connections of one address at a time; an IPv6 address counts by its /64. 0: three quarters of all connections that the node can have. " +
				"If an address opens one more, the node closes one of its connections that wait for a request. Trusted proxies have no such limit: see [limits per client](../edge/listen/README.md#limits-per-client)"},
		{name: "max_requests_per_client", value: `0`, field: at(func(l *Listen) any { return &l.MaxRequestsPerClient }),
			meaning: "most requests of one client under way at a time; more are answered 429. Behind a trusted proxy the client is the address that the proxy names. Hits from memory do not count. 0: three quarters of all connections that the node can have"},
	},
}

var adminSection = &section{
	kind: "admin", once: true, zero: func() any { return new(Admin) },
	meaning: "The listener for operators: metrics, explanations, reloads, purges and health checks. Clients of the sites never use it.",
	settings: []*setting{
		{name: "address", value: `"127.0.0.1:9080"`, check: checkAdminAddress, field: at(func(a *Admin) any { return &a.Address }),
			meaning: "`host:port`, or `\"off\"` for no admin listener. Without `token_file` it must be a loopback address"},
		{name: "token_file", absent: "no token", check: checkFileName, field: at(func(a *Admin) any { return &a.TokenFile }),
			meaning: "file with a token. Every call but the health checks must send it as its bearer token. White space around it is ignored"},
	},
	sections: []*section{tokenSection},
}

var tokenSection = &section{
	kind: "token", label: "name", zero: func() any { return new(Token) },
	meaning: "A token that may only purge or read. Its name appears in logs and metrics.",
	settings: []*setting{
		{name: "file", must: true, check: checkFileName, field: at(func(t *Token) any { return &t.File }),
			meaning: "file with the token, in the same form as `token_file`"},
		{name: "may", value: `["purge"]`, words: []string{"purge", "read"}, field: at(func(t *Token) any { return &t.May }),
			meaning: "what the token may do: `\"purge\"`, `\"read\"` or both. `\"read\"` covers metrics, figures, explanations and stored responses, but no call that sends a request to the origin. The settings below limit the purges"},
		{name: "sites", absent: "all sites", field: at(func(t *Token) any { return &t.Sites }),
			meaning: "names of the sites whose responses it may purge. It may purge URLs, prefixes and hosts only if these sites serve the host. Its purges of a tag or of `all` cover only these sites"},
		{name: "purges", absent: "all kinds", words: []string{"url", "prefix", "tag", "host", "site", "all"}, field: at(func(t *Token) any { return &t.Purges }),
			meaning: "kinds of purges that it may make: words of `\"url\"`, `\"prefix\"`, `\"tag\"`, `\"host\"`, `\"site\"`, `\"all\"`"},
		{name: "soft_only", value: `false`, field: at(func(t *Token) any { return &t.SoftOnly }),
			meaning: "it may make only soft purges, which make responses stale instead of removing them"},
		{name: "rate", value: `0`, most: 1e6, field: at(func(t *Token) any { return &t.Rate }),
			meaning: "items a second that it may purge; more are answered 429. 0: no limit"},
		{name: "burst", value: `10000`, least: 1, most: 10000, field: at(func(t *Token) any { return &t.Burst }),
			meaning: "items that it may purge at once, before `rate` limits it"},
	},
}

var storeSection = &section{
	kind: "store", once: true, zero: func() any { return new(Store) },
	meaning: "The memory and the disk of the cache.",
	settings: []*setting{
		{name: "memory", value: `"256MiB"`, least: 16 << 20, most: 64 << 40, field: at(func(s *Store) any { return &s.Memory }),
			meaning: "memory for the cache. With a `disk` block, the disk's buffers get a quarter of it. " +
				"While no request is under way, the process takes up to 1.25 times this plus 150 MB. If that is more than the machine or the cgroup has, brink lowers the default; if you set `memory`, the log and `brink check` warn. If `memory` alone is more than they have, the node does not start: see [memory](../edge/engine/README.md)"},
		{name: "max_object", value: `"0"`, field: at(func(s *Store) any { return &s.MaxObject }),
			meaning: "a longer response is passed on, not stored. 0: only the limits of the tiers apply, a 64th of `memory` (at least 1 MiB) and an eighth of the disk. `max_object` cannot raise these: see below"},
		{name: "max_variants", value: `64`, least: 1, most: 65536, field: at(func(s *Store) any { return &s.MaxVariants }),
			meaning: "responses stored for one URL because of `Vary`; if there are more, the least recently used is evicted"},
	},
	sections: []*section{diskSection},
}

var diskSection = &section{
	kind: "disk", once: true, zero: func() any { return new(Disk) },
	meaning: "The disk tier. It holds responses that were evicted from memory or are too large for it, and they survive a restart. Without the block there is no disk tier.",
	settings: []*setting{
		{name: "path", must: true, check: checkFileName, field: at(func(d *Disk) any { return &d.Path }),
			meaning: "a directory that only the cache uses; it is made if it does not exist"},
		{name: "size", value: `"10GiB"`, least: 64 << 20, field: at(func(d *Disk) any { return &d.Size }),
			meaning: "space for the directory; the node may exceed it by less than a tenth"},
	},
}

var originSection = &section{
	kind: "origin", label: "name", zero: func() any { return new(Origin) },
	meaning: "A group of servers with the same content. A site names it in `origin`.",
	settings: []*setting{
		{name: "host", absent: "what the client sent", check: checkHostField, field: at(func(o *Origin) any { return &o.Host }),
			meaning: "value of the `Host` field in requests to the servers"},
		{name: "connect_timeout", value: `"2s"`, above: true, field: at(func(o *Origin) any { return &o.ConnectTimeout }),
			meaning: "how long brink waits for a connection"},
		{name: "tls_timeout", value: `"5s"`, above: true, field: at(func(o *Origin) any { return &o.TLSTimeout }),
			meaning: "how long the TLS handshake may take"},
		{name: "head_timeout", value: `"30s"`, above: true, field: at(func(o *Origin) any { return &o.HeadTimeout }),
			meaning: "longest time for the response's head, all retries included. It starts with the first try or, if brink sends content that it did not read in advance, when the content is sent"},
		{name: "body_timeout", value: `"30s"`, above: true, field: at(func(o *Origin) any { return &o.BodyTimeout }),
			meaning: "longest time in which no byte of a response's content arrives"},
		{name: "send_timeout", value: `"30s"`, above: true, field: at(func(o *Origin) any { return &o.SendTimeout }),
			meaning: "longest time in which the server accepts no byte of a request"},
		{name: "idle_timeout", value: `"30s"`, above: true, field: at(func(o *Origin) any { return &o.IdleTimeout }),
			meaning: "how long an idle connection is kept. Set it lower than the servers' own limit"},
		{name: "keep_alive", value: `256`, most: 1 << 20, field: at(func(o *Origin) any { return &o.KeepAlive }),
			meaning: "idle connections kept to each server"},
		{name: "max_connections", value: `1024`, least: 1, most: 1 << 20, field: at(func(o *Origin) any { return &o.MaxConnections }),
			meaning: "connections at a time, to all servers together"},
		{name: "queue", value: `4096`, most: 1 << 20, field: at(func(o *Origin) any { return &o.Queue }),
			meaning: "requests that may wait for a connection; more are answered 503"},
		{name: "queue_timeout", value: `"10s"`, above: true, field: at(func(o *Origin) any { return &o.QueueTimeout }),
			meaning: "how long a request may wait for a connection; then it is answered 503"},
		{name: "read_ahead", value: `"64KiB"`, most: 16 << 20, field: at(func(o *Origin) any { return &o.ReadAhead }),
			meaning: "how much of a request's content brink reads before it takes a connection to the origin for the request. `\"0\"`: brink reads only content of at most 8 KiB in advance, and only if its length is known"},
		{name: "retries", value: `2`, most: 100, field: at(func(o *Origin) any { return &o.Retries }),
			meaning: "how many more servers brink tries if the first one cannot be reached, ends the connection before it answers, or does not answer within `try_timeout`"},
		{name: "try_timeout", absent: "half of `head_timeout`", above: true, field: at(func(o *Origin) any { return &o.TryTimeout }),
			meaning: "how long a server may take for the response's head before brink asks another one"},
		{name: "retry_status", absent: "none", least: 400, most: 599, field: at(func(o *Origin) any { return &o.RetryStatus }),
			meaning: "statuses after which brink sends the request to another server, for example `[502, 503, 504]`"},
		{name: "resolve", value: `"30s"`, least: float64(100 * time.Millisecond), field: at(func(o *Origin) any { return &o.Resolve }),
			meaning: "interval at which the servers' names are looked up"},
		{name: "allow_private", value: `false`, field: at(func(o *Origin) any { return &o.AllowPrivate }),
			meaning: "if `true`, host names of servers may resolve to private and loopback addresses. An address in a server's URL may be private in any case"},
	},
	sections: []*section{serverSection, tlsSection},
}

var serverSection = &section{
	kind: "server", label: "URL", zero: func() any { return new(Server) },
	meaning: "One server of an origin, by its scheme, its host and, if it is not the scheme's default, its port. An origin needs at least one.",
	settings: []*setting{
		{name: "weight", value: `1`, least: 1, most: 1000, field: at(func(s *Server) any { return &s.Weight }),
			meaning: "share of the requests, relative to the weights of the other servers"},
	},
}

var tlsSection = &section{
	kind: "tls", once: true, zero: func() any { return new(TLS) },
	meaning: "How brink verifies the `https` servers of an origin.",
	settings: []*setting{
		{name: "ca_file", absent: "the system's roots", check: checkFileName, field: at(func(t *TLS) any { return &t.CAFile }),
			meaning: "PEM file of the authorities that brink trusts instead of the system's"},
		{name: "server_name", absent: "the host of the server's URL", check: checkServerName, field: at(func(t *TLS) any { return &t.ServerName }),
			meaning: "name that brink sends (SNI), and that the server's certificate must have"},
		{name: "insecure", value: `false`, field: at(func(t *TLS) any { return &t.Insecure }),
			meaning: "do not verify the certificate: anybody on the network path can read and change everything"},
	},
}

var fleetSection = &section{
	kind: "fleet", once: true, zero: func() any { return new(Fleet) },
	meaning: "A group of nodes that share their purges: a purge that you send to one of them reaches all. Without the block the node is alone.",
	settings: []*setting{
		{name: "nats", absent: "the server of `embedded`", check: checkNATS, field: at(func(f *Fleet) any { return &f.NATS }),
			meaning: "URLs of NATS servers with JetStream, for example of the nodes with an `embedded` server. The node connects to one of them"},
		{name: "credentials_file", absent: "none", check: checkFileName, field: at(func(f *Fleet) any { return &f.CredentialsFile }),
			meaning: "credentials file of NATS, for servers that ask for one"},
		{name: "secret_file", absent: "no secret", check: checkFileName, field: at(func(f *Fleet) any { return &f.SecretFile }),
			meaning: "file with a secret that all nodes of the fleet have. Nodes send it to the NATS servers as a token"},
		{name: "replicas", value: `0`, most: 5, field: at(func(f *Fleet) any { return &f.Replicas }),
			meaning: "how many servers keep each purge: 1, 3 or 5. 0: 3 in a hub of three, else 1. Servers outside of brink use the value only when the stream is made: a later change has no effect there"},
		{name: "keep", value: `"7d"`, least: float64(time.Minute), field: at(func(f *Fleet) any { return &f.Keep }),
			meaning: "how long the servers keep purges. A node that was cut off for longer validates everything that it has stored. Servers outside of brink use the value only when the stream is made"},
		{name: "max_isolation", value: `"30s"`, least: float64(time.Second), field: at(func(f *Fleet) any { return &f.MaxIsolation }),
			meaning: "how long a node may be cut off from the fleet before `/readyz` says 503"},
		{name: "isolated", value: `"serve"`, words: []string{"serve", "revalidate"}, field: at(func(f *Fleet) any { return &f.Isolated }),
			meaning: "what a node does when it is cut off for longer than `max_isolation`. `\"serve\"`: it serves stored responses as before. `\"revalidate\"`: it validates a stored response at the origin before each use"},
	},
	sections: []*section{fleetTLSSection, embeddedSection},
}

var fleetTLSSection = &section{
	kind: "tls", as: "fleet_tls", once: true, zero: func() any { return new(FleetTLS) },
	meaning: "TLS between the nodes and the NATS servers of a fleet. The `embedded` server requires a certificate from each node and server that connects.",
	settings: []*setting{
		{name: "ca", must: true, check: checkFileName, field: at(func(t *FleetTLS) any { return &t.CAFile }),
			meaning: "PEM file of the authorities that must have signed the certificates"},
		{name: "cert", must: true, check: checkFileName, field: at(func(t *FleetTLS) any { return &t.CertFile }),
			meaning: "PEM file of this node's certificate"},
		{name: "key", must: true, check: checkFileName, field: at(func(t *FleetTLS) any { return &t.KeyFile }),
			meaning: "PEM file of its key"},
	},
}

var embeddedSection = &section{
	kind: "embedded", once: true, zero: func() any { return new(Embedded) },
	meaning: "A NATS server in this process. It is alone, or forms a hub with the servers of two other nodes. A hub of three goes on if one of them fails.",
	settings: []*setting{
		{name: "store", must: true, check: checkFileName, field: at(func(e *Embedded) any { return &e.Store }),
			meaning: "a directory that only the server uses; it is made if it does not exist"},
		{name: "clients", absent: "none", check: checkReached, field: at(func(e *Embedded) any { return &e.Clients }),
			meaning: "`host:port` where the nodes outside the hub connect: they name it in `nats`"},
		{name: "address", absent: "none", check: checkReached, field: at(func(e *Embedded) any { return &e.Address }),
			meaning: "`host:port` where the other servers of the hub connect"},
		{name: "peers", absent: "none: the server is alone", check: checkPeer, field: at(func(e *Embedded) any { return &e.Peers }),
			meaning: "`address` of each server of the hub. The list may include this server's own address, so that all can have the same list"},
	},
}

var logSection = &section{
	kind: "log", once: true, zero: func() any { return new(Log) },
	meaning: "The access log, and the node's own log.",
	settings: []*setting{
		{name: "access", value: `"stdout"`, check: checkLog, field: at(func(l *Log) any { return &l.Access }),
			meaning: "where requests are logged: `\"stdout\"`, `\"stderr\"`, `\"off\"`, or a file, whose name must have a `/` or a `.`"},
		{name: "format", value: `"json"`, words: []string{"json", "combined"}, field: at(func(l *Log) any { return &l.Format }),
			meaning: "format of the access log: `\"json\"`, or `\"combined\"` as Apache and nginx write it"},
		{name: "sample", value: `1`, most: 1, field: at(func(l *Log) any { return &l.Sample }),
			meaning: "share of requests that are logged, 0 to 1. Errors are always logged"},
		{name: "level", value: `"info"`, words: []string{"debug", "info", "warn", "error"}, field: at(func(l *Log) any { return &l.Level }),
			meaning: "lowest level of the node's own log on stderr: `\"debug\"`, `\"info\"`, `\"warn\"` or `\"error\"`"},
	},
}
