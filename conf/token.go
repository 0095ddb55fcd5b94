package conf

import (
	"slices"

	"github.com/hashicorp/hcl/v2"
)

var tokenDefaults = defaults[Token](tokenSection)

// tokens reads the token blocks. Tokens name sites, so the sites must have been read.
func (d *decoder) tokens(c *Config, admins []*block) {
	names := d.unique("token")
	files := map[string]hcl.Range{}
	for _, a := range admins {
		if token := a.attribute("token_file"); token != nil && c.Admin.Token != "" {
			files[c.Admin.Token] = token.value.Range()
		}
		for _, b := range a.blocks {
			if b.kind != tokenSection.kind || wrongLabels(b, tokenSection) != nil {
				continue
			}
			t := d.token(b, c.Sites)
			names(t.Name, b.labels[0].Range())
			if first, twice := files[t.Text]; twice && t.Text != "" {
				d.add(wrong("file: it holds the same token as another one").in(b.attribute("file").value.Range()).before(first))
			} else if t.Text != "" {
				files[t.Text] = b.attribute("file").value.Range()
			}
			if !a.gives("token_file") {
				d.add(wrong("token %q limits nobody: without token_file everybody who reaches the listener may do everything", t.Name).in(b.at).
					hinted(`add token_file = "admin.token" to the admin block`))
			}
			c.Admin.Tokens = append(c.Admin.Tokens, t)
		}
	}
}

func (d *decoder) token(b *block, sites []Site) Token {
	t := tokenDefaults()
	d.fill(b, tokenSection, &t)
	t.Name, _, _ = d.label(b, checkName)
	if a := b.attribute("file"); a != nil && t.File != "" {
		t.File = beside(b, t.File)
		t.Text = d.tokenText(a, t.File)
	}
	d.mayDo(b, &t)
	if a := b.attribute("sites"); a != nil && t.Sites != nil {
		d.knownSites(a, t.Sites, sites)
	}
	if a := b.attribute("purges"); a != nil && t.Purges != nil && len(t.Purges) == 0 {
		d.add(wrong("purges: the list is empty: the token could do nothing").in(a.value.Range()).hinted("leave it out for all kinds"))
	}
	return t
}

// mayDo refuses a token that may do nothing, and settings that have no effect.
func (d *decoder) mayDo(b *block, t *Token) {
	if a := b.attribute("may"); a != nil && t.May != nil && len(t.May) == 0 {
		d.add(wrong("may: the list is empty: the token could do nothing").in(a.value.Range()).hinted(`leave it out for ["purge"]`))
	}
	if len(t.May) == 0 || slices.Contains(t.May, "purge") {
		return
	}
	for _, name := range []string{"sites", "purges", "soft_only", "rate", "burst"} {
		if a := b.attribute(name); a != nil {
			d.add(wrong("%s: it is about purges, which the token may not make", name).in(a.at).hinted(`leave it out, or add "purge" to may`))
		}
	}
}

// knownSites adds a fault for each name that is no site's.
func (d *decoder) knownSites(a *attribute, named []string, sites []Site) {
	if len(named) == 0 {
		d.add(wrong("sites: the list is empty: the token could do nothing").in(a.value.Range()).hinted("leave it out for all sites"))
	}
	all := make([]string, len(sites))
	for i := range sites {
		all[i] = sites[i].Name
	}
	list, _ := elements(a.value)
	for i, name := range named {
		if !slices.Contains(all, name) {
			d.add(wrong("sites: there is no site %q", name).in(list[i].Range()).meant(nearest(name, all)))
		}
	}
}
