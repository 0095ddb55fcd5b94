package conf

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// invariants checks what users of a Config may rely on. It is the oracle of FuzzParse, and
// does not use the code that reads confs.
func invariants(c *Config) error {
	return errors.Join(listensHold(c), originsHold(c), sitesHold(c), fleetHolds(c.Fleet),
		must(c.Node.ID != "" && token.MatchString(c.Node.ID), "node.id"),
		must(c.Store.Memory >= 16<<20 && c.Store.MaxObject >= 0 && c.Store.MaxVariants > 0, "store"),
		must(c.Log.Access != "" && c.Log.Sample >= 0 && c.Log.Sample <= 1, "log"),
		must(c.Log.Format == "json" || c.Log.Format == "combined", "log.format"),
		must(strings.Contains(" debug info warn error ", " "+c.Log.Level+" "), "log.level"),
		must(len(c.Files) > 0 && len(c.Digest) == 64, "files"))
}

var token = regexp.MustCompile("^[!#$%&'*+\\-.^_`|~0-9A-Za-z]+$")

func must(holds bool, what string) error {
	if holds {
		return nil
	}
	return errors.New(what)
}

// oddNetwork reports whether a network can hold no client's address as it is known.
func oddNetwork(p netip.Prefix) bool { return !p.IsValid() || p != p.Masked() || p.Addr().Is4In6() }

func listensHold(c *Config) error {
	var all []error
	for _, l := range c.Listens {
		host, _, err := net.SplitHostPort(l.Address)
		all = append(all, err,
			must(l.Name != "" && !strings.Contains(host, "/"), "listen.name"),
			must(l.MaxHead > 0 && l.MaxTarget > 0 && l.MaxFields > 0 && l.MaxBody >= 0, "listen limits"),
			must(l.HeadTimeout > 0 && l.IdleTimeout > 0 && l.BodyTimeout > 0, "listen timeouts"),
			must(!slices.ContainsFunc(l.TrustedProxies, oddNetwork), "listen.trusted_proxies"),
			must(l.MinRate >= 0 && l.BodyGrace >= 0 && l.MaxConnections >= 0 && l.MaxConnectionsPerClient >= 0 && l.MaxRequestsPerClient >= 0, "listen rates"))
	}
	all = append(all, must(len(c.Listens) > 0, "no listen"))
	if c.Admin.Address != "off" {
		host, _, err := net.SplitHostPort(c.Admin.Address)
		ip := net.ParseIP(host)
		open := host != "localhost" && (ip == nil || !ip.IsLoopback())
		all = append(all, err, must(!open || c.Admin.Token != "", "admin is open"))
	}
	return errors.Join(all...)
}

func fleetHolds(f *Fleet) error {
	if f == nil {
		return nil
	}
	e := f.Embedded
	return errors.Join(
		must((len(f.NATS) > 0) != (e.Store != ""), "fleet.nats or fleet.embedded"),
		must(f.Replicas == 1 || f.Replicas == 3 || f.Replicas == 5, "fleet.replicas"),
		must(e.Store == "" || f.Replicas <= len(e.Peers)+1, "more replicas than servers"),
		must(f.Keep >= time.Minute && f.MaxIsolation >= time.Second, "fleet durations"),
		must(f.Isolated == "serve" || f.Isolated == "revalidate", "fleet.isolated"),
		must(len(e.Peers)%2 == 0 && (len(e.Peers) == 0 || e.Address != ""), "fleet.embedded.peers"),
		must((f.TLS.CA == nil) == (f.TLS.Cert == nil) && (f.TLS.Cert == nil) == (f.TLS.Key == nil), "fleet.tls"),
		must(f.Secret == "" || f.CredentialsFile == "", "fleet.secret_file and fleet.credentials_file"))
}

func originsHold(c *Config) error {
	var all []error
	names := map[string]bool{}
	for _, o := range c.Origins {
		all = append(all, must(o.Name != "" && !names[o.Name], "origin.name"),
			must(len(o.Servers) > 0, "origin without server"),
			must(min(o.ConnectTimeout, o.TLSTimeout, o.HeadTimeout, o.BodyTimeout, o.SendTimeout, o.IdleTimeout, o.QueueTimeout, o.Resolve) > 0, "origin timeouts"),
			must(o.Retries >= 0 && o.ReadAhead >= 0 && o.TryTimeout >= 0, "origin retries and read_ahead"),
			must(o.KeepAlive >= 0 && o.MaxConnections > 0 && o.Queue >= 0, "origin connections"))
		names[o.Name] = true
		for _, status := range o.RetryStatus {
			all = append(all, must(status >= 400 && status < 600, "retry_status"))
		}
		for _, s := range o.Servers {
			u, err := url.Parse(s.Scheme + "://" + net.JoinHostPort(s.Host, s.Port))
			all = append(all, err, must(err == nil && u.Hostname() == s.Host && u.Port() == s.Port && s.Weight > 0, "server "+s.URL),
				must(s.Scheme == "http" || s.Scheme == "https", "scheme"))
		}
	}
	return errors.Join(all...)
}

func sitesHold(c *Config) error {
	all := []error{must(len(c.Sites) > 0, "no site")}
	origins := map[string]bool{}
	for _, o := range c.Origins {
		origins[o.Name] = true
	}
	hosts, names := map[string]bool{}, map[string]bool{}
	for i := range c.Sites {
		s := &c.Sites[i]
		all = append(all, must(s.Name != "" && !names[s.Name] && len(s.Hosts) > 0, "site"),
			must(origins[s.Origin] || s.Origin == "" && !s.asksOrigin(), "site.origin"), ruleHolds(&s.Rule))
		names[s.Name] = true
		all = append(all, must(!slices.ContainsFunc(s.Purge.Allow, oddNetwork), "purge.allow"))
		for _, h := range s.Hosts {
			all = append(all, must(h != "" && !hosts[h] && h == strings.ToLower(h) && strings.LastIndex(h, "*") <= 0, "host "+h))
			hosts[h] = true
		}
		patterns := map[string]bool{}
		for j := range s.Paths {
			p := &s.Paths[j]
			all = append(all, must(strings.HasPrefix(p.Pattern, "/") && !patterns[p.Pattern] && !strings.Contains(p.Pattern, "***"), "pattern"), ruleHolds(&p.Rule))
			patterns[p.Pattern] = true
		}
	}
	return errors.Join(all...)
}

func ruleHolds(r *Rule) error {
	all := []error{
		must(r.Cache == "on" || r.Cache == "off", "cache"),
		must(r.ClientDirectives == "ignore" || r.ClientDirectives == "honour", "client_directives"),
		must(strings.Contains(" all none keep drop ", " "+r.Key.Query+" "), "key.query"),
		must((r.Key.Query == "keep" || r.Key.Query == "drop") == (r.Key.Params != nil), "key.params"),
		must(r.Redirect == nil || r.Respond == nil, "redirect and respond"),
		must(r.ShowTargeted != nil, "show_targeted"),
		must(r.HeadFetch == "get" || r.HeadFetch == "head", "head_fetch"),
		must(r.SuspectPaths == "pass" || r.SuspectPaths == "cache", "suspect_paths"),
		must(r.MaxObject >= 0 && r.Position != "", "rule"),
		must(r.MinTTL == nil || r.MaxTTL == nil || *r.MinTTL <= *r.MaxTTL, "min_ttl, max_ttl"),
		editsHold(r.Request), editsHold(r.Response),
	}
	for _, status := range r.EvictStatus {
		all = append(all, must(status >= 400 && status < 500, "evict_status"))
	}
	for _, d := range []*time.Duration{r.TTL, r.DefaultTTL, r.MinTTL, r.MaxTTL, r.StaleWhileRevalidate, r.StaleIfError} {
		all = append(all, must(d == nil || *d >= 0, "negative ttl"))
	}
	for status := range r.NegativeTTL {
		all = append(all, must(status >= 400 && status < 600 && r.NegativeTTL[status] >= 0, "negative_ttl"))
	}
	if r.Redirect != nil {
		all = append(all, must(r.Redirect.To != "" && r.Redirect.Status/100 == 3, "redirect"))
	}
	if r.Respond != nil {
		all = append(all, must(r.Respond.Status >= 200 && r.Respond.Status < 600, "respond"), editsHold(Edits{Set: r.Respond.Headers}))
	}
	return errors.Join(all...)
}

func editsHold(e Edits) error {
	for _, f := range e.Set {
		if !token.MatchString(f.Name) || strings.ContainsAny(f.Value, "\r\n\x00") {
			return fmt.Errorf("the field %q", f.Name)
		}
	}
	for _, name := range e.Remove {
		if !token.MatchString(name) {
			return fmt.Errorf("the field %q", name)
		}
	}
	return nil
}
