package edge

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"brink/conf"
	"brink/edge/message"
	"brink/edge/meter"
	"brink/edge/semantics"
	"brink/origin"
	"brink/store"
)

// tables is one conf set compiled for serving. It is immutable: a reload makes
// a new one, and requests under way go on with theirs.
type tables struct {
	config *conf.Config
	sites  []*site
	meter  *meter.Meter // of these sites

	exact    map[string]*site // host name -> site
	wildcard map[string]*site // ".example.com" for "*.example.com"
	any      *site            // "*"; nil: unknown hosts are refused
}

// site is what is served for some hosts.
type site struct {
	name   string
	number int              // index of the site in metrics
	origin *origin.Origin   // nil where every rule answers by itself
	exact  map[string]*rule // by path
	globs  []*rule          // most specific first
	rest   *rule            // the site's own settings, where no path matches
	walls  *walls           // nil: none of these is one

	purging *conf.Purge // who may purge by requests; nil: nobody

	failures  failureLog
	refreshes places
	outage    outage
}

// rule is what the conf says of some paths of a site.
type rule struct {
	pattern   pattern
	semantics semantics.Rules
	request   edits
	response  edits
	answer    *fixedAnswer    // redirect or respond; nil: ask the cache
	host      []byte          // to send to the origin; nil: the client's
	disk      store.Admission // of its responses
	showTags  bool
	shown     semantics.Targeted // the targeted fields that clients get
	position  string             // file:line

	headAsHead bool // a HEAD that misses is passed on, not fetched as GET
}

// compile builds the tables of c. origins holds the running origins by name.
func compile(c *conf.Config, origins map[string]*origin.Origin) (*tables, error) {
	t := &tables{
		config:   c,
		exact:    make(map[string]*site),
		wildcard: make(map[string]*site),
	}
	named := make(map[string]*conf.Origin, len(c.Origins))
	for i := range c.Origins {
		named[c.Origins[i].Name] = &c.Origins[i]
	}
	for i := range c.Sites {
		o, ok := origins[c.Sites[i].Origin]
		if !ok && c.Sites[i].Origin != "" {
			return nil, fmt.Errorf("site %q: no origin %q", c.Sites[i].Name, c.Sites[i].Origin)
		}
		s, err := compileSite(&c.Sites[i], i, o, named[c.Sites[i].Origin])
		if err != nil {
			return nil, fmt.Errorf("site %q: %w", c.Sites[i].Name, err)
		}
		t.sites = append(t.sites, s)
		for _, host := range c.Sites[i].Hosts {
			t.addHost(strings.ToLower(host), s)
		}
	}
	return t, nil
}

func (t *tables) addHost(host string, s *site) {
	switch {
	case host == "*":
		t.any = s
	case strings.HasPrefix(host, "*."):
		t.wildcard[host[1:]] = s
	default:
		t.exact[host] = s
	}
}

// compileSite builds a site. o and of are its origin and that one's settings;
// nil where every rule answers by itself.
func compileSite(c *conf.Site, number int, o *origin.Origin, of *conf.Origin) (*site, error) {
	s := &site{name: c.Name, number: number, origin: o, exact: make(map[string]*rule)}
	host := ""
	if of != nil {
		host = of.Host
		s.refreshes.limit = int32(max(1, of.MaxConnections/refreshShare))
	}
	rest, err := compileRule("/**", &c.Rule, host)
	if err != nil {
		return nil, err
	}
	s.rest = rest
	if len(c.Purge.Allow) > 0 {
		s.purging = &c.Purge
	}
	for i := range c.Paths {
		r, err := compileRule(c.Paths[i].Pattern, &c.Paths[i].Rule, host)
		if err != nil {
			return nil, fmt.Errorf("path %q: %w", c.Paths[i].Pattern, err)
		}
		if r.pattern.rest == "" {
			s.exact[r.pattern.text] = r
		} else {
			s.globs = append(s.globs, r)
		}
	}
	sortRules(s.globs)
	s.walls = wallsOf(s)
	return s, nil
}

func compileRule(path string, c *conf.Rule, host string) (*rule, error) {
	answer, err := compileAnswer(c)
	if err != nil {
		return nil, err
	}
	var to []byte
	if host != "" {
		to = []byte(host)
	}
	r := &rule{
		pattern:    parsePattern(path),
		semantics:  compileSemantics(c),
		request:    compileEdits(c.Request),
		response:   compileEdits(c.Response),
		answer:     answer,
		host:       to,
		disk:       admissions[c.Disk],
		headAsHead: c.HeadFetch == "head",
		showTags:   c.ShowTags,
		shown:      semantics.TargetedOf(c.ShowTargeted),
		position:   c.Position,
	}
	if !c.AnyType {
		r.semantics.Extension = r.pattern.extension()
	}
	// What never reaches the origin as the client sent it selects no response.
	r.semantics.Key.Ignore = append(r.semantics.Key.Ignore, r.request.remove...)
	return r, nil
}

func compileSemantics(c *conf.Rule) semantics.Rules {
	r := semantics.Rules{
		Off:                  c.Cache == "off",
		TTL:                  instant(c.TTL),
		Default:              instant(c.DefaultTTL),
		Min:                  instant(c.MinTTL),
		Max:                  instant(c.MaxTTL),
		StaleWhileRevalidate: instant(c.StaleWhileRevalidate),
		StaleIfError:         instant(c.StaleIfError),
		Evict:                c.EvictStatus,
		NoHeuristic:          !c.Heuristic,
		HonourClient:         c.ClientDirectives == "honour",
		StoreSetCookie:       c.StoreSetCookie,
		StorePrivate:         c.StorePrivate,
		StoreNoCache:         c.StoreNoCache,
		StoreAuthorization:   c.StoreAuthorization,
		IfUnreachable:        defaultUnreachable,
		StoreLiteral:         c.SuspectPaths == "cache",
		MaxObject:            int64(c.MaxObject),
		Key: semantics.KeyRules{
			Query:   queryRules[c.Key.Query],
			Params:  c.Key.Params,
			Sort:    c.Key.Sort,
			Headers: lowerAll(c.Key.Headers),
			Cookies: c.Key.Cookies,
			Ignore:  lowerAll(c.Key.Ignore),
			Unknown: unknownFields[c.UnknownFields],
			Keep:    lowerAll(c.KeepFields),
		},
		Bypass: semantics.Bypass{
			Cookies: c.Bypass.Cookies,
			Headers: lowerAll(c.Bypass.Headers),
			Query:   c.Bypass.Query,
		},
	}
	if c.StaleIfUnreachable != nil {
		r.IfUnreachable, r.UnreachableSaid = store.Instant(*c.StaleIfUnreachable), true
	}
	if len(c.NegativeTTL) > 0 {
		r.Negative = make(map[int]store.Instant, len(c.NegativeTTL))
		for status, ttl := range c.NegativeTTL {
			r.Negative[status] = store.Instant(ttl)
		}
	}
	return r
}

// headOptions is how the heads of a rule's responses are rendered.
func (n *Node) headOptions(r *rule) semantics.HeadOptions {
	return semantics.HeadOptions{Via: n.id, ShowTags: r.showTags, ShowTargeted: r.shown}
}

// sharedHead is headOptions for a response that is stored.
func (n *Node) sharedHead(r *rule) semantics.HeadOptions {
	options := n.headOptions(r)
	options.Shared = !r.semantics.StoreSetCookie
	return options
}

// defaultUnreachable is stale_if_unreachable where the conf does not say.
const defaultUnreachable = 3600 * store.Second

var queryRules = map[string]semantics.QueryRule{
	"": semantics.QueryAll, "all": semantics.QueryAll, "none": semantics.QueryNone,
	"keep": semantics.QueryKeep, "drop": semantics.QueryDrop,
}

var unknownFields = map[string]semantics.UnknownFields{
	"share": semantics.ShareUnknown, "separate": semantics.SeparateUnknown, "refuse": semantics.RefuseUnknown,
}

var admissions = map[string]store.Admission{"auto": store.AdmitAuto, "always": store.AdmitAlways, "off": store.AdmitNever}

func instant(d *time.Duration) *store.Instant {
	if d == nil {
		return nil
	}
	i := store.Instant(*d)
	return &i
}

func lowerAll(names []string) []string {
	lower := make([]string, len(names))
	for i, n := range names {
		lower[i] = strings.ToLower(n)
	}
	return lower
}

// site finds the site of a host name: exact, then the longest wildcard, then
// "*". It returns nil where no site takes the host. It does not allocate.
func (t *tables) site(name []byte) *site {
	if s, ok := t.exact[string(name)]; ok {
		return s
	}
	if len(t.wildcard) > 0 {
		for i := bytes.IndexByte(name, '.'); i >= 0; {
			if s, ok := t.wildcard[string(name[i:])]; ok {
				return s
			}
			next := bytes.IndexByte(name[i+1:], '.')
			if next < 0 {
				break
			}
			i += 1 + next
		}
	}
	return t.any
}

// rule finds the most specific rule for a path. It does not allocate, unless the
// path has escapes and is very long.
//
// An escape of a character that may stand in a path as it is, as %40 for "@", is
// matched as that character: most origins read the two alike, and a rule that
// keeps a path out of the cache must not be dodged by another spelling.
func (s *site) rule(path []byte) *rule {
	if bytes.IndexByte(path, '%') >= 0 {
		var buf [512]byte
		path = message.AppendUnescaped(buf[:0], path)
	}
	if len(s.exact) > 0 {
		if r, ok := s.exact[string(path)]; ok {
			return r
		}
	}
	for _, r := range s.globs {
		if r.pattern.match(path) {
			return r
		}
	}
	return s.rest
}

// elsewhere reports whether a server may read a path in u that another rule than r
// matches, or may take u to be behind a wall (see walls). r is the rule that matches
// u. If r is for one path alone, or has ";" in its pattern, it is for the path as written,
// and elsewhere reports false. It does not allocate, unless the path is very long.
func (s *site) elsewhere(u *message.URL, r *rule) bool {
	if r.pattern.spelled() {
		return false
	}
	if s.walls.before(u.Path, r) {
		return true
	}
	if !u.Ambiguous {
		return false
	}
	var room [512]byte
	for n := range message.Readings {
		reading := message.AppendReading(room[:0], u.Path, n)
		if s.rule(reading) != r || s.walls.before(reading, r) {
			return true
		}
	}
	return false
}
