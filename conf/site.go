package conf

import "github.com/hashicorp/hcl/v2"

var (
	siteDefaults  = defaults[Site](siteSection)
	purgeDefaults = defaults[Purge](purgeSection)
)

// writtenSite is a site with its places in the files, for the checks over all sites.
type writtenSite struct {
	Site
	label  hcl.Range
	origin hcl.Range
	hosts  []hcl.Range // of each of Hosts
}

func (d *decoder) site(b *block) writtenSite {
	w := writtenSite{Site: siteDefaults(), origin: b.at}
	w.Rule.Key = keyDefaults()
	children := d.fill(b, siteSection, &w.Site)
	w.Name, w.label, _ = d.label(b, checkName)
	if a := b.attribute("origin"); a != nil {
		w.origin = a.value.Range()
	}
	w.readHosts(d, b)
	d.rule(b, children, &w.Rule)
	d.paths(&w.Site, children["path"])
	for _, b := range children["purge"] {
		w.Purge = purgeDefaults()
		d.fill(b, purgeSection, &w.Purge)
	}
	if !b.gives("origin") && w.asksOrigin() {
		d.add(wrong("site lacks %q", "origin").in(b.at).
			hinted("write origin = \"...\", the name of an origin block; only a site whose every rule redirects or responds needs none"))
	}
	return w
}

// readHosts changes the hosts to the spelling that is used to compare them.
func (w *writtenSite) readHosts(d *decoder, b *block) {
	a := b.attribute("hosts")
	if a == nil {
		return
	}
	list, _ := elements(a.value)
	if len(list) == 0 && w.Hosts != nil {
		d.add(wrong("hosts: the list is empty: nothing would be served").in(a.value.Range()).hinted(`for all hosts, write hosts = ["*"]`))
	}
	for i, host := range w.Hosts {
		w.Hosts[i] = normalHost(host)
		w.hosts = append(w.hosts, list[i].Range())
	}
}

func (d *decoder) paths(s *Site, blocks []*block) {
	first := make(map[string]hcl.Range, len(blocks))
	for _, b := range blocks {
		rule := s.Rule
		rule.Redirect, rule.Respond = nil, nil
		children := d.fill(b, pathSection, &rule)
		d.rule(b, children, &rule)

		pattern, at, ok := d.label(b, checkPattern)
		if earlier, twice := first[pattern]; ok && twice {
			d.add(wrong("path %q is written twice in the site: the second would never be reached", pattern).in(at).before(earlier))
			continue
		}
		first[pattern] = at
		s.Paths = append(s.Paths, Path{Pattern: pattern, Rule: rule})
	}
}

// asksOrigin reports whether a rule neither redirects nor responds.
func (s *Site) asksOrigin() bool {
	if s.Rule.Redirect == nil && s.Rule.Respond == nil {
		return true
	}
	for i := range s.Paths {
		if r := &s.Paths[i].Rule; r.Redirect == nil && r.Respond == nil {
			return true
		}
	}
	return false
}
