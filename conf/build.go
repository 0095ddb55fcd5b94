package conf

import (
	"os"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

var (
	nodeDefaults   = defaults[Node](nodeSection)
	listenDefaults = defaults[Listen](listenSection)
	adminDefaults  = defaults[Admin](adminSection)
	storeDefaults  = defaults[Store](storeSection)
	diskDefaults   = defaults[Disk](diskSection)
	logDefaults    = defaults[Log](logSection)
)

const (
	defaultListen = "127.0.0.1:8080"
	unnamed       = "brink" // the node's id if the host's name is not a valid id
	maxListens    = 256
)

// Default is a configuration that needs no file: one listener on
// 127.0.0.1:8080, the admin listener on 127.0.0.1:9080, no origins and no
// sites. It is the only Config without a site. The caller may change it.
func Default() *Config {
	c := &Config{Node: nodeDefaults(), Admin: adminDefaults(), Store: storeDefaults(), Log: logDefaults()}
	c.Node.ID = hostID()
	c.Listens = []Listen{plainListen()}
	return c
}

func plainListen() Listen {
	l := listenDefaults()
	l.Name, l.Address = "default", defaultListen
	return l
}

// hostID returns the host's name, or unnamed if Via could not hold that name.
func hostID() string {
	name, err := os.Hostname()
	if err != nil || checkToken(name) != nil {
		return unnamed
	}
	return name
}

// build makes one Config of all sources, or gives every error in them.
func build(sources []*source) (*Config, error) {
	d := &decoder{faults{sources: sources}}
	all := &block{}
	for _, s := range sources {
		root, f := parse(s)
		if f != nil {
			d.add(f)
			continue
		}
		all.attributes = append(all.attributes, root.attributes...)
		all.blocks = append(all.blocks, root.blocks...)
	}
	if len(d.list) > 0 {
		return nil, d.errors() // else names in an unreadable file would be reported as missing
	}
	c := d.config(all)
	if err := d.errors(); err != nil {
		return nil, err
	}
	for _, s := range sources {
		c.Files = append(c.Files, s.name)
	}
	c.Digest = digest(sources)
	return c, nil
}

func (d *decoder) config(all *block) *Config {
	c := Default()
	children := d.fill(all, rootSection, c)
	for _, b := range children["node"] {
		d.node(b, &c.Node)
	}
	for _, b := range children["store"] {
		d.store(b, &c.Store)
	}
	for _, b := range children["log"] {
		c.Log = d.log(b)
	}
	var ends []endpoint
	for _, b := range children["fleet"] {
		c.Fleet, ends = d.fleet(b)
	}
	d.listeners(c, children, ends)
	d.origins(c, children["origin"])
	d.sites(c, children["site"])
	d.tokens(c, children["admin"])
	return c
}

func (d *decoder) node(b *block, n *Node) {
	d.fill(b, nodeSection, n)
	a := b.attribute("drain_grace")
	if a == nil {
		a = b.attribute("drain_timeout")
	}
	if a != nil && n.DrainGrace > n.DrainTimeout {
		d.add(wrong("\"drain_grace\", %s, is more than \"drain_timeout\", %s, of which it is a part",
			formatDuration(n.DrainGrace), formatDuration(n.DrainTimeout)).in(a.at))
	}
}

func (d *decoder) store(b *block, s *Store) {
	for _, b := range d.fill(b, storeSection, s)["disk"] {
		s.Disk = diskDefaults()
		d.fill(b, diskSection, &s.Disk)
		s.Disk.Path = beside(b, s.Disk.Path)
	}
	s.MemoryGiven = b.attribute("memory") != nil
}

func (d *decoder) log(b *block) Log {
	l := logDefaults()
	d.fill(b, logSection, &l)
	if strings.ContainsAny(l.Access, "/.") {
		l.Access = beside(b, l.Access)
	}
	return l
}

// listeners reads the listen and admin blocks. They share the machine's ports with
// the other endpoints, ends.
func (d *decoder) listeners(c *Config, children map[string][]*block, ends []endpoint) {
	names := d.unique("listen")
	if len(children["listen"]) > 0 {
		c.Listens = nil
	} else {
		ends = append(ends, endpointOf(defaultListen, hcl.Range{}))
	}
	for i, b := range children["listen"] {
		if i == maxListens {
			d.add(wrong("more than %d blocks \"listen\"", maxListens).in(b.at))
			break
		}
		l, at := d.listen(b, names)
		if at.Filename != "" {
			ends = append(ends, endpointOf(l.Address, at))
		}
		c.Listens = append(c.Listens, l)
	}
	var at hcl.Range
	for _, b := range children["admin"] {
		at = d.admin(c, b)
	}
	if c.Admin.Address != "off" {
		ends = append(ends, endpointOf(c.Admin.Address, at))
	}
	d.distinct(ends)
}

// listen also returns the place of the address, if the block has one.
func (d *decoder) listen(b *block, names func(string, hcl.Range)) (l Listen, address hcl.Range) {
	l = listenDefaults()
	d.fill(b, listenSection, &l)
	name, at, ok := d.label(b, checkName)
	if l.Name = name; ok {
		names(name, at)
	}
	if a := b.attribute("max_target"); a != nil && l.MaxTarget > l.MaxHead {
		d.add(wrong("\"max_target\" is more than \"max_head\", %s, of which it is a part", formatSize(l.MaxHead)).in(a.at))
	}
	if a := b.attribute("address"); a != nil && l.Address != "" {
		address = a.value.Range()
	}
	return l, address
}

// admin also returns the place of the address, if the block has one.
func (d *decoder) admin(c *Config, b *block) (at hcl.Range) {
	d.fill(b, adminSection, &c.Admin)
	if a := b.attribute("token_file"); a != nil && c.Admin.TokenFile != "" {
		c.Admin.TokenFile = beside(b, c.Admin.TokenFile)
		c.Admin.Token = d.tokenText(a, c.Admin.TokenFile)
	}
	a := b.attribute("address")
	if a == nil {
		return at
	}
	at = a.value.Range()
	if c.Admin.Address != "off" && !b.gives("token_file") && !endpointOf(c.Admin.Address, at).loopback() {
		d.add(wrong("address: %q can be reached from outside: without a token anybody could read and reload it", c.Admin.Address).in(at).
			hinted(`add token_file = "admin.token", or listen on 127.0.0.1`))
	}
	return at
}

func (d *decoder) origins(c *Config, blocks []*block) {
	names := d.unique("origin")
	for _, b := range blocks {
		o := d.origin(b)
		names(o.Name, b.labels[0].Range())
		c.Origins = append(c.Origins, o)
	}
}

func (d *decoder) sites(c *Config, blocks []*block) {
	if len(blocks) == 0 {
		d.add(d.noSite())
		return
	}
	origins := make([]string, len(c.Origins))
	known := make(map[string]bool, len(c.Origins))
	for i := range c.Origins {
		origins[i] = c.Origins[i].Name
		known[origins[i]] = true
	}
	names, hosts := d.unique("site"), d.unique("host")
	for _, b := range blocks {
		w := d.site(b)
		names(w.Name, w.label)
		for i, h := range w.Hosts {
			hosts(h, w.hosts[i])
		}
		if b.gives("origin") && w.Origin != "" && !known[w.Origin] {
			d.add(d.unknownOrigin(&w, origins))
		}
		c.Sites = append(c.Sites, w.Site)
	}
}

func (d *decoder) noSite() *fault {
	f := wrong("no site: there is nothing to serve").hinted(`write site "main" { ... } with hosts = ["*"] and origin = "..."`)
	if len(d.sources) > 0 {
		f.at.Filename = d.sources[len(d.sources)-1].name
	}
	return f
}

func (d *decoder) unknownOrigin(w *writtenSite, origins []string) *fault {
	f := wrong("origin: there is no origin %q", w.Origin).in(w.origin)
	if d.full() {
		return f
	}
	if right := nearest(w.Origin, origins); right != "" {
		return f.meant(right)
	}
	if len(origins) == 1 {
		return f.meant(`"` + origins[0] + `"`)
	}
	return f.hinted("write origin %q { server \"http://...\" {} }", w.Origin)
}

// unique returns a function that adds a fault if it gets a name for the second time.
func (d *decoder) unique(kind string) func(name string, at hcl.Range) {
	first := make(map[string]hcl.Range)
	return func(name string, at hcl.Range) {
		if earlier, twice := first[name]; twice {
			d.add(wrong("%s %q is written twice", kind, name).in(at).before(earlier))
			return
		}
		first[name] = at
	}
}
