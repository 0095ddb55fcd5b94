package conf

import "testing"

// A reload changes sites, origins, tokens and the log, but no setting that a running part
// was opened with.
func TestReloadable(t *testing.T) {
	base := func() *Config {
		c := Default()
		c.Listens = []Listen{{Name: "web", Address: "127.0.0.1:80"}}
		return c
	}
	for _, c := range []struct {
		name   string
		change func(*Config)
		want   string
	}{
		{"nothing", func(*Config) {}, ""},
		{"a site", func(c *Config) { c.Sites = append(c.Sites, Site{Name: "a"}) }, ""},
		{"the admin token", func(c *Config) { c.Admin.Token = "s3cret" }, ""},
		{"the drain time", func(c *Config) { c.Node.DrainTimeout++ }, ""},
		{"the id", func(c *Config) { c.Node.ID = "b" }, "a change of the node's id needs a restart"},
		{"the admin address", func(c *Config) { c.Admin.Address = "off" }, "a change of the admin block's address needs a restart"},
		{"the store", func(c *Config) { c.Store.Memory++ }, "a change of the store block needs a restart"},
		{"a fleet", func(c *Config) { c.Fleet = new(Fleet) }, "a change of the fleet block needs a restart"},
		{"one listener more", func(c *Config) { c.Listens = append(c.Listens, Listen{}) }, "a change of the listen blocks needs a restart"},
		{"a listener", func(c *Config) { c.Listens[0].Address = "127.0.0.1:81" }, `a change of listen "web" needs a restart`},
	} {
		next, text := base(), ""
		c.change(next)
		if err := base().Reloadable(next); err != nil {
			text = err.Error()
		}
		if text != c.want {
			t.Errorf("%s: %q, want %q", c.name, text, c.want)
		}
	}
}
