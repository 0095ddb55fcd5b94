package conf

import (
	"net/netip"
	"time"
)

// Config is a valid set of conf files with every default filled in. It is
// immutable.
type Config struct {
	Node    Node
	Listens []Listen
	Admin   Admin
	Store   Store
	Origins []Origin
	Fleet   *Fleet // nil: the node is alone
	Sites   []Site
	Log     Log

	Files  []string // that were read, in order
	Digest string   // SHA-256 of the files' contents, in hex
}

// Size is a number of bytes.
type Size int64

// Node is this process among its peers.
type Node struct {
	ID string // default: the host's name; it names the node in Cache-Status, Via and CDN-Loop

	DrainTimeout time.Duration // from the signal to stop until work is cut off, DrainGrace included. Default 10s
	DrainGrace   time.Duration // from the signal to stop until the listeners close. Default 0s
}

// Listen is one place where clients connect.
type Listen struct {
	Name    string
	Address string // host:port

	TrustedProxies []netip.Prefix // proxies whose X-Forwarded-For and so on are believed; none: these fields are never believed

	MaxHead        Size          // request line and fields; above it 431. Default 32KiB
	MaxTarget      Size          // the request target; above it 414. Default 16KiB
	MaxFields      int           // field lines; above it 431. Default 128
	MaxBody        Size          // request content; above it 413. Default 0: no limit
	HeadTimeout    time.Duration // for the whole head. Default 10s
	IdleTimeout    time.Duration // between requests. Default 60s
	BodyTimeout    time.Duration // without any progress of a body, either way. Default 30s
	MinRate        Size          // bytes a second of a body, either way, after BodyGrace; 0: any. Default 500
	BodyGrace      time.Duration // Default 20s
	MaxConnections int           // default 0: as many as file descriptors allow

	MaxConnectionsPerClient int // connections of one address at a time; default 0: three quarters of all
	MaxRequestsPerClient    int // requests of one client under way; default 0: the same number
}

// Admin is the admin listener.
type Admin struct {
	Address   string // default 127.0.0.1:9080; "off" for none
	TokenFile string
	Token     string // the contents of TokenFile without surrounding white space; empty: loopback only
	Tokens    []Token
}

// Token is a token block: it may purge, or read, and nothing else.
type Token struct {
	Name     string
	File     string
	Text     string   // the contents of File without surrounding white space
	May      []string // "purge", "read"; default "purge". The fields below are about purges
	Sites    []string // nil: all
	Purges   []string // kinds, as in the API; nil: all
	SoftOnly bool
	Rate     float64 // items a second; 0: no limit
	Burst    int     // items at once; default 10000
}

// Store is the budget of the cache.
type Store struct {
	Memory      Size // default 256MiB
	MemoryGiven bool // Memory is not the default
	MaxObject   Size // default 0: only the tiers have limits
	MaxVariants int  // a URL; default 64
	Disk        Disk
}

// Disk is the tier below RAM.
type Disk struct {
	Path string // of a directory; empty: there is no such tier
	Size Size   // default 10GiB
}

// Origin is a group of servers with the same content.
type Origin struct {
	Name    string
	Servers []Server

	Host           string        // Host field sent; default "": the client's
	ConnectTimeout time.Duration // default 2s
	TLSTimeout     time.Duration // default 5s
	HeadTimeout    time.Duration // until the response's head is complete; default 30s
	BodyTimeout    time.Duration // between two reads of the body; default 30s
	SendTimeout    time.Duration // between two writes of the request; default 30s
	IdleTimeout    time.Duration // of kept connections; default 30s
	KeepAlive      int           // idle connections kept a server; default 256
	MaxConnections int           // at a time, in all; default 1024
	Queue          int           // requests that wait for a connection; default 4096
	QueueTimeout   time.Duration // default 10s
	ReadAhead      Size          // bytes of a request's content read before there is a connection; default 64KiB
	Retries        int           // how many more servers a request is tried on; default 2
	TryTimeout     time.Duration // until the response's head; then another server is asked. Default 0: half of HeadTimeout
	RetryStatus    []int         // 400 to 599: responses that are retried, too; default none
	Resolve        time.Duration // how often names are looked up; default 30s
	AllowPrivate   bool          // names may resolve to private addresses
	TLS            TLS
}

// Server is one address of an origin.
type Server struct {
	URL    string // as written
	Scheme string // http or https
	Host   string // name or address, without port
	Port   string
	Weight int // default 1
}

// TLS is how an https origin is verified.
type TLS struct {
	CAFile     string // default: the system's roots
	CA         []byte // contents of CAFile
	ServerName string // default: the server's host
	Insecure   bool   // do not verify
}

// Fleet is how purges reach all nodes: through the servers of NATS, or through the
// one that is in this process.
type Fleet struct {
	NATS            []string // URLs
	CredentialsFile string
	SecretFile      string
	Secret          string // the contents of SecretFile without surrounding white space

	Replicas     int           // default: 3 in a hub, else 1
	Keep         time.Duration // default 7d
	MaxIsolation time.Duration // default 30s
	Isolated     string        // "serve" (default) or "revalidate"

	TLS      FleetTLS
	Embedded Embedded
}

// FleetTLS is how nodes and servers of a fleet know each other.
type FleetTLS struct {
	CAFile, CertFile, KeyFile string // empty: no TLS
	CA, Cert, Key             []byte // their contents
}

// Embedded is a NATS server in this process.
type Embedded struct {
	Store   string   // directory; empty: there is no such server
	Clients string   // host:port; empty: nothing connects from outside the hub
	Address string   // host:port; empty: the server is alone
	Peers   []string // host:port of the others
}

// Site is what is served for some hosts.
type Site struct {
	Name   string
	Hosts  []string // "shop.example.com", "*.example.com" or "*"
	Origin string   // empty only where every rule redirects or responds
	Rule   Rule     // the settings written in the site itself
	Paths  []Path   // in the order written; each Rule has the site's settings where it gives none
	Purge  Purge
}

// Purge is who may purge by requests on the data port.
type Purge struct {
	Allow []netip.Prefix // addresses of clients; none: nobody
	Soft  bool           // stale from now on, instead of gone
}

// Path is a rule for the paths that a pattern matches: exact, "*" within a
// segment, "**" across segments.
type Path struct {
	Pattern string
	Rule    Rule
}

// Rule is what a site says of some paths. A nil pointer or slice is a setting that was
// not given.
type Rule struct {
	Cache string // "on" or "off"; default on

	TTL, DefaultTTL, MinTTL, MaxTTL    *time.Duration
	StaleWhileRevalidate, StaleIfError *time.Duration
	StaleIfUnreachable                 *time.Duration        // nil: 1h, but not beside s-maxage; 0: not at all
	NegativeTTL                        map[int]time.Duration // negative_ttl = { "404" = "10s" }
	EvictStatus                        []int                 // 400 to 499: errors that evict the stored response; default 404, 410

	Heuristic          bool   // default true
	ClientDirectives   string // "ignore" (default) or "honour"
	StoreSetCookie     bool
	StorePrivate       bool
	StoreNoCache       bool     // ttl counts although the origin says no-cache
	KeepFields         []string // request fields that go to the origin although they could mislead it
	AnyType            bool     // a pattern with a file extension stores any type of content
	StoreAuthorization bool
	ShowTags           bool
	ShowTargeted       []string // fields of RFC 9213 and the like that clients get; default CDN-Cache-Control
	HeadFetch          string   // "get" (default) or "head"
	SuspectPaths       string   // "pass" (default) or "cache"
	MaxObject          Size     // 0: the store's
	Disk               string   // "auto" (default), "always" or "off"

	UnknownFields string // "share" (default), "separate" or "refuse"

	Key      Key
	Bypass   Bypass
	Request  Edits // towards the origin
	Response Edits // towards the client

	Redirect *Redirect
	Respond  *Respond

	Position string // file:line of the block that the rule was written in
}

// Key is the key block of a rule.
type Key struct {
	Query   string   // "all" (default), "none", "keep" or "drop"
	Params  []string // which Query keeps or drops
	Sort    bool
	Headers []string // "hx-*": all that begin so
	Cookies []string // "wp_*": all that begin so
	Ignore  []string // request fields that do not matter for storing; "x-*": all that begin so; "*": all unknown ones
}

// Bypass is the bypass block of a rule: which requests go past the cache. Each
// name may end in "*", for all that begin so.
type Bypass struct {
	Inherit bool // in a path: the names in the site's block count, too; default true
	Cookies []string
	Headers []string
	Query   []string // names of parameters
}

// Edits are changes to field lines, removals first.
type Edits struct {
	Remove []string
	Set    []Field // replaces all fields of the name
}

// Field is a field line to set.
type Field struct{ Name, Value string }

// Redirect answers without an origin. To may hold {host}, {path} and {query},
// which comes without its "?"; a "?" left at the end is dropped.
type Redirect struct {
	To     string
	Status int // default 302
}

// Respond answers with a fixed response.
type Respond struct {
	Status  int // default 200
	Body    string
	Headers []Field
}

// Log is where requests are logged.
type Log struct {
	Access string  // "stdout" (default), "stderr", "off" or a file name
	Format string  // "json" (default) or "combined"
	Sample float64 // share of requests logged, 0 to 1; default 1. Errors are always logged
	Level  string  // of the node's own log on stderr: debug, info (default), warn, error
}
