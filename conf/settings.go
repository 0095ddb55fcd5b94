package conf

import "time"

// The tables of this file and of settings_rule.go are the grammar. Their order is the order of the reference.

var rootSection = &section{
	sections: []*section{nodeSection, listenSection, adminSection, storeSection, originSection, fleetSection, siteSection, logSection},
	zero:     func() any { return new(Config) },
}

var nodeSection = &section{
	kind: "node", once: true, zero: func() any { return new(Node) },
	meaning: "This process among its peers.",
	settings: []*setting{
		{name: "id", absent: "the host's name", check: checkNodeID, field: at(func(n *Node) any { return &n.ID }),
			meaning: "names the node in `Cache-Status`, `Via` and `CDN-Loop`, and in its fleet; at most 255 characters"},
		{name: "drain_timeout", value: `"10s"`, above: true, field: at(func(n *Node) any { return &n.DrainTimeout }),
			meaning: "how long work under way may last after the node is told to stop. Then it is cut off"},
		{name: "drain_grace", value: `"0s"`, field: at(func(n *Node) any { return &n.DrainGrace }),
			meaning: "the first part of that time: the node still accepts connections while `/readyz` says 503. Set it to the time that a load balancer needs to notice"},
	},
}

var listenSection = &section{
	kind: "listen", label: "name", zero: func() any { return new(Listen) },
	meaning: "One place where clients connect. Without any, the node listens on `127.0.0.1:8080`.",
	settings: []*setting{
		{name: "address", must: true, check: checkAddress, field: at(func(l *Listen) any { return &l.Address }),
			meaning: "`host:port`; without a host, all addresses of the machine"},
		{name: "trusted_proxies", absent: "none", field: at(func(l *Listen) any { return &l.TrustedProxies }),
			meaning: "addresses and networks of the TLS terminators, load balancers and CDNs before the node. " +
				"The node believes their `X-Forwarded-For`, `X-Forwarded-Proto`, `X-Forwarded-Host`, `X-Real-IP` and `Forwarded`: " +
				"see [who the client is](../edge/listen/README.md)"},
		{name: "max_head", value: `"32KiB"`, least: 1 << 10, most: 16 << 20, field: at(func(l *Listen) any { return &l.MaxHead }),
			meaning: "request line and fields together; more is answered 431"},
		{name: "max_target", value: `"16KiB"`, least: 256, most: 16 << 20, field: at(func(l *Listen) any { return &l.MaxTarget }),
			meaning: "the request target; more is answered 414"},
		{name: "max_fields", value: `128`, least: 1, most: 65536, field: at(func(l *Listen) any { return &l.MaxFields }),
			meaning: "field lines of a request; more is answered 431"},
		{name: "max_body", value: `"0"`, field: at(func(l *Listen) any { return &l.MaxBody }),
			meaning: "content of a request; more is answered 413. 0: no limit"},
		{name: "head_timeout", value: `"10s"`, above: true, field: at(func(l *Listen) any { return &l.HeadTimeout }),
			meaning: "for the whole head of a request to arrive"},
		{name: "idle_timeout", value: `"60s"`, above: true, field: at(func(l *Listen) any { return &l.IdleTimeout }),
			meaning: "how long a connection is kept between requests"},
		{name: "body_timeout", value: `"30s"`, above: true, field: at(func(l *Listen) any { return &l.BodyTimeout }),
			meaning: "how long a body, either way, may make no progress at all"},
		{name: "min_rate", value: `"500"`, field: at(func(l *Listen) any { return &l.MinRate }),
			meaning: "bytes a second that a body, either way, must keep up after `body_grace`. 0: any rate will do"},
		{name: "body_grace", value: `"20s"`, field: at(func(l *Listen) any { return &l.BodyGrace }),
			meaning: "how long a body may be slower than `min_rate`"},
		{name: "max_connections", value: `0`, field: at(func(l *Listen) any { return &l.MaxConnections }),
			meaning: "at a time. 0: as many as the file descriptors allow. If there are too many, an unfinished head gives way, or else an idle connection"},
		{name: "max_connections_per_client", value: `0`, field: at(func(l *Listen) any { return &l.MaxConnectionsPerClient }),
			meaning: "at a time, of one address; an IPv6 address stands for its /64. 0: three quarters of those there may be. " +
				"One that is idle gives way to a new one. Trusted proxies have no such limit: see [limits per client](../edge/listen/README.md#limits-per-client)"},
		{name: "max_requests_per_client", value: `0`, field: at(func(l *Listen) any { return &l.MaxRequestsPerClient }),
			meaning: "under way at a time, of one client as trusted proxies name it; more are answered 429. What memory answers at once does not count. 0: three quarters of the connections there may be"},
	},
}

var adminSection = &section{
	kind: "admin", once: true, zero: func() any { return new(Admin) },
	meaning: "Where metrics, explanations, reloads and health are asked for; never the data port.",
	settings: []*setting{
		{name: "address", value: `"127.0.0.1:9080"`, check: checkAdminAddress, field: at(func(a *Admin) any { return &a.Address }),
			meaning: "`host:port`, or `\"off\"` for no admin listener. Without `token_file` it must be a loopback address"},
		{name: "token_file", absent: "no token", check: checkFileName, field: at(func(a *Admin) any { return &a.TokenFile }),
			meaning: "file whose text, without white space around it, every call must bring as a bearer token"},
	},
	sections: []*section{tokenSection},
}

var tokenSection = &section{
	kind: "token", label: "name", zero: func() any { return new(Token) },
	meaning: "A token that may purge, or read, and nothing else. The name is for logs and metrics.",
	settings: []*setting{
		{name: "file", must: true, check: checkFileName, field: at(func(t *Token) any { return &t.File }),
			meaning: "file with the token, as `token_file`"},
		{name: "may", value: `["purge"]`, words: []string{"purge", "read"}, field: at(func(t *Token) any { return &t.May }),
			meaning: "what the token may do: `\"purge\"`, `\"read\"` or both. `\"read\"` covers metrics, figures, explanations and stored responses, but sends nothing to the origin. The settings below are about purges"},
		{name: "sites", absent: "all sites", field: at(func(t *Token) any { return &t.Sites }),
			meaning: "names of the sites whose responses it may purge: URLs, prefixes and hosts must be of hosts that they serve, tags, and all, are those of these sites"},
		{name: "purges", absent: "all kinds", words: []string{"url", "prefix", "tag", "host", "site", "all"}, field: at(func(t *Token) any { return &t.Purges }),
			meaning: "what it may purge: words of `\"url\"`, `\"prefix\"`, `\"tag\"`, `\"host\"`, `\"site\"`, `\"all\"`"},
		{name: "soft_only", value: `false`, field: at(func(t *Token) any { return &t.SoftOnly }),
			meaning: "it may make stale, but not remove"},
		{name: "rate", value: `0`, most: 1e6, field: at(func(t *Token) any { return &t.Rate }),
			meaning: "items a second that it may purge; more are answered 429. 0: no limit"},
		{name: "burst", value: `10000`, least: 1, most: 10000, field: at(func(t *Token) any { return &t.Burst }),
			meaning: "items that may come at once at that rate"},
	},
}

var storeSection = &section{
	kind: "store", once: true, zero: func() any { return new(Store) },
	meaning: "The budget of the cache.",
	settings: []*setting{
		{name: "memory", value: `"256MiB"`, least: 16 << 20, most: 64 << 40, field: at(func(s *Store) any { return &s.Memory }),
			meaning: "for everything that the cache holds in memory; with a `disk` block a quarter of it is for the disk's buffers. " +
				"A node does not start with more than its machine has or its cgroup allows; `brink check` only warns, as it may run elsewhere. The process takes up to a quarter more and 150 MB; if that does not fit, the default is lowered: see [memory](../edge/engine/README.md)"},
		{name: "max_object", value: `"0"`, field: at(func(s *Store) any { return &s.MaxObject }),
			meaning: "a longer response is passed on, not stored. 0: only the limits of the tiers count, a 64th of `memory` but at least 1 MiB, and an eighth of the disk. It cannot raise these: see below"},
		{name: "max_variants", value: `64`, least: 1, most: 65536, field: at(func(s *Store) any { return &s.MaxVariants }),
			meaning: "responses kept for one URL by `Vary`; the least recent gives way"},
	},
	sections: []*section{diskSection},
}

var diskSection = &section{
	kind: "disk", once: true, zero: func() any { return new(Disk) },
	meaning: "The tier below memory: what memory has no room for, and what survives a restart. Without the block there is none.",
	settings: []*setting{
		{name: "path", must: true, check: checkFileName, field: at(func(d *Disk) any { return &d.Path }),
			meaning: "a directory for the cache alone, which is made if it is not there"},
		{name: "size", value: `"10GiB"`, least: 64 << 20, field: at(func(d *Disk) any { return &d.Size }),
			meaning: "what the directory may take; it never takes a tenth more"},
	},
}

var originSection = &section{
	kind: "origin", label: "name", zero: func() any { return new(Origin) },
	meaning: "A group of servers with the same content, for sites to name.",
	settings: []*setting{
		{name: "host", absent: "what the client sent", check: checkHostField, field: at(func(o *Origin) any { return &o.Host }),
			meaning: "`Host` field of requests to the servers"},
		{name: "connect_timeout", value: `"2s"`, above: true, field: at(func(o *Origin) any { return &o.ConnectTimeout }),
			meaning: "for a connection to be made"},
		{name: "tls_timeout", value: `"5s"`, above: true, field: at(func(o *Origin) any { return &o.TLSTimeout }),
			meaning: "for the TLS handshake"},
		{name: "head_timeout", value: `"30s"`, above: true, field: at(func(o *Origin) any { return &o.HeadTimeout }),
			meaning: "from the end of the request to the end of the response's head"},
		{name: "body_timeout", value: `"30s"`, above: true, field: at(func(o *Origin) any { return &o.BodyTimeout }),
			meaning: "between two pieces of a response's body"},
		{name: "send_timeout", value: `"30s"`, above: true, field: at(func(o *Origin) any { return &o.SendTimeout }),
			meaning: "between two pieces of a request that the server takes"},
		{name: "idle_timeout", value: `"30s"`, above: true, field: at(func(o *Origin) any { return &o.IdleTimeout }),
			meaning: "how long an idle connection is kept; less than the servers keep theirs"},
		{name: "keep_alive", value: `256`, most: 1 << 20, field: at(func(o *Origin) any { return &o.KeepAlive }),
			meaning: "idle connections kept to each server"},
		{name: "max_connections", value: `1024`, least: 1, most: 1 << 20, field: at(func(o *Origin) any { return &o.MaxConnections }),
			meaning: "at a time, to all servers together"},
		{name: "queue", value: `4096`, most: 1 << 20, field: at(func(o *Origin) any { return &o.Queue }),
			meaning: "requests that may wait for a connection; more are answered 503"},
		{name: "queue_timeout", value: `"10s"`, above: true, field: at(func(o *Origin) any { return &o.QueueTimeout }),
			meaning: "how long they wait"},
		{name: "read_ahead", value: `"64KiB"`, most: 16 << 20, field: at(func(o *Origin) any { return &o.ReadAhead }),
			meaning: "how much of a request's content is read before the request takes a connection. Content that fits goes out whole. `\"0\"`: only content of at most 8 KiB whose length is known is read in advance"},
		{name: "retries", value: `2`, most: 100, field: at(func(o *Origin) any { return &o.Retries }),
			meaning: "on how many more servers a request is tried, if the first cannot be reached or ends the connection before it answers"},
		{name: "try_timeout", absent: "half of `head_timeout`", above: true, field: at(func(o *Origin) any { return &o.TryTimeout }),
			meaning: "how long a server may take for the response's head before another one is asked"},
		{name: "retry_status", absent: "none", least: 400, most: 599, field: at(func(o *Origin) any { return &o.RetryStatus }),
			meaning: "statuses of responses after which a request is tried on another server, for example `[502, 503, 504]`"},
		{name: "resolve", value: `"30s"`, least: float64(100 * time.Millisecond), field: at(func(o *Origin) any { return &o.Resolve }),
			meaning: "how often the servers' names are looked up"},
		{name: "allow_private", value: `false`, field: at(func(o *Origin) any { return &o.AllowPrivate }),
			meaning: "names may resolve to private and loopback addresses. Addresses written in a server's URL always may be private"},
	},
	sections: []*section{serverSection, tlsSection},
}

var serverSection = &section{
	kind: "server", label: "URL", zero: func() any { return new(Server) },
	meaning: "One address of an origin: scheme, host and, if it is not the scheme's own, port. At least one is needed.",
	settings: []*setting{
		{name: "weight", value: `1`, least: 1, most: 1000, field: at(func(s *Server) any { return &s.Weight }),
			meaning: "its share of the requests, in proportion to the other servers'"},
	},
}

var tlsSection = &section{
	kind: "tls", once: true, zero: func() any { return new(TLS) },
	meaning: "How `https` servers of an origin are verified.",
	settings: []*setting{
		{name: "ca_file", absent: "the system's roots", check: checkFileName, field: at(func(t *TLS) any { return &t.CAFile }),
			meaning: "PEM file of the authorities that are trusted, instead of the system's"},
		{name: "server_name", absent: "the host of the server's URL", check: checkServerName, field: at(func(t *TLS) any { return &t.ServerName }),
			meaning: "name that the server is asked for, and that its certificate must have"},
		{name: "insecure", value: `false`, field: at(func(t *TLS) any { return &t.Insecure }),
			meaning: "do not verify at all: anybody on the way can read and change everything"},
	},
}

var fleetSection = &section{
	kind: "fleet", once: true, zero: func() any { return new(Fleet) },
	meaning: "The nodes that purges reach, whichever of them is asked. Without the block a node is alone.",
	settings: []*setting{
		{name: "nats", absent: "the server of `embedded`", check: checkNATS, field: at(func(f *Fleet) any { return &f.NATS }),
			meaning: "URLs of NATS servers with JetStream, for example those of the nodes that have one in them. Any one that answers will do"},
		{name: "credentials_file", absent: "none", check: checkFileName, field: at(func(f *Fleet) any { return &f.CredentialsFile }),
			meaning: "credentials file of NATS, for servers that ask for one"},
		{name: "secret_file", absent: "no secret", check: checkFileName, field: at(func(f *Fleet) any { return &f.SecretFile }),
			meaning: "file with what all nodes know, and nobody else; to NATS servers it is a token"},
		{name: "replicas", value: `0`, most: 5, field: at(func(f *Fleet) any { return &f.Replicas }),
			meaning: "servers that keep each purge, 1, 3 or 5. 0: 3 in a hub of three, else 1. A node with a server sees to it; with servers of others it counts when the stream is made"},
		{name: "keep", value: `"7d"`, least: float64(time.Minute), field: at(func(f *Fleet) any { return &f.Keep }),
			meaning: "how long purges are kept: a node that was away for longer validates all that it has. It counts in the same way"},
		{name: "max_isolation", value: `"30s"`, least: float64(time.Second), field: at(func(f *Fleet) any { return &f.MaxIsolation }),
			meaning: "how long a node may be cut off from the fleet before `/readyz` says no"},
		{name: "isolated", value: `"serve"`, words: []string{"serve", "revalidate"}, field: at(func(f *Fleet) any { return &f.Isolated }),
			meaning: "what to do while cut off for longer: `\"serve\"` what is stored, or `\"revalidate\"` it with the origin each time"},
	},
	sections: []*section{fleetTLSSection, embeddedSection},
}

var fleetTLSSection = &section{
	kind: "tls", as: "fleet_tls", once: true, zero: func() any { return new(FleetTLS) },
	meaning: "How nodes and servers of a fleet know each other. A server in this process asks all that connect for a certificate.",
	settings: []*setting{
		{name: "ca", must: true, check: checkFileName, field: at(func(t *FleetTLS) any { return &t.CAFile }),
			meaning: "PEM file of the authorities that certificates must be from"},
		{name: "cert", must: true, check: checkFileName, field: at(func(t *FleetTLS) any { return &t.CertFile }),
			meaning: "PEM file of this node's certificate"},
		{name: "key", must: true, check: checkFileName, field: at(func(t *FleetTLS) any { return &t.KeyFile }),
			meaning: "PEM file of its key"},
	},
}

var embeddedSection = &section{
	kind: "embedded", once: true, zero: func() any { return new(Embedded) },
	meaning: "A NATS server in this process: alone, or with those of two other nodes as a hub that goes on when one of them is lost.",
	settings: []*setting{
		{name: "store", must: true, check: checkFileName, field: at(func(e *Embedded) any { return &e.Store }),
			meaning: "a directory for the server alone, which is made if it is not there"},
		{name: "clients", absent: "none", check: checkReached, field: at(func(e *Embedded) any { return &e.Clients }),
			meaning: "`host:port` where the nodes outside the hub connect: they name it in `nats`"},
		{name: "address", absent: "none", check: checkReached, field: at(func(e *Embedded) any { return &e.Address }),
			meaning: "`host:port` where the other servers of the hub connect"},
		{name: "peers", absent: "none: the server is alone", check: checkPeer, field: at(func(e *Embedded) any { return &e.Peers }),
			meaning: "their addresses; this server's own may be among them, so that all can have the same list"},
	},
}

var logSection = &section{
	kind: "log", once: true, zero: func() any { return new(Log) },
	meaning: "Where requests are logged.",
	settings: []*setting{
		{name: "access", value: `"stdout"`, check: checkLog, field: at(func(l *Log) any { return &l.Access }),
			meaning: "`\"stdout\"`, `\"stderr\"`, `\"off\"`, or a file, whose name must have a `/` or a `.`"},
		{name: "format", value: `"json"`, words: []string{"json", "combined"}, field: at(func(l *Log) any { return &l.Format }),
			meaning: "of the access log: `\"json\"`, or `\"combined\"` as Apache and nginx write it"},
		{name: "sample", value: `1`, most: 1, field: at(func(l *Log) any { return &l.Sample }),
			meaning: "share of requests that are logged, 0 to 1. Errors always are"},
		{name: "level", value: `"info"`, words: []string{"debug", "info", "warn", "error"}, field: at(func(l *Log) any { return &l.Level }),
			meaning: "of the node's own log on stderr: `\"debug\"`, `\"info\"`, `\"warn\"` or `\"error\"`"},
	},
}
