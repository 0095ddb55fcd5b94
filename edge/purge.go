package edge

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"brink/edge/message"
	"brink/edge/semantics"
	"brink/origin"
	"brink/purge"
	"brink/store"
)

// ErrPurge is wrapped by errors about what cannot be purged.
var ErrPurge = errors.New("cannot purge")

// Purge puts what items name in force, all under one number, and waits until that
// is durable, and in the hands of the fleet if there is one. An error that wraps
// ErrPurge is about the items: then none is in force. One that wraps
// purge.ErrNotDurable says that all are, and that a restart may undo them; if it is
// purge.ErrNotSent, that the other nodes may not have them.
func (n *Node) Purge(ctx context.Context, items []purge.Item) (purge.Seq, error) {
	rules := make([]purge.Rule, 0, len(items))
	for _, item := range items {
		more, err := n.PurgeRules(item)
		if err != nil {
			return 0, err
		}
		rules = append(rules, more...)
	}
	if n.fleet != nil {
		return n.purgeFleet(ctx, items, rules)
	}
	return n.purges.Purge(ctx, rules...)
}

// PurgeRules makes rules of what people name:
//
//   - a URL: a host and a target, with or without a scheme. Whichever it has, the
//     URL is purged under both, since who purges seldom knows what the node sees.
//   - a prefix: a host and a path, in the same way. See purge.Names.Prefix.
//   - a tag, which may be any bytes.
//   - a host, as requests name it.
//   - a site, by its name in the conf.
//   - a group: a tag among the responses of one origin (RFC 9875).
//
// Hosts are found by name, whatever the port. See purge.Item.Plain for stars. Errors
// wrap ErrPurge; those about a pattern wrap purge.ErrPattern, too.
func (n *Node) PurgeRules(item purge.Item) (rules []purge.Rule, err error) {
	if len(item.Name) > purge.MaxName || len(item.Site) > purge.MaxName {
		return nil, fmt.Errorf("%w: a name is longer than %d bytes", ErrPurge, purge.MaxName)
	}
	plain, err := item.Plain()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPurge, err)
	}
	for _, name := range spellings(&plain) {
		plain.Name = name
		ids, err := n.purgeIDs(&plain)
		if err != nil {
			return nil, err
		}
		kind := plain.Kind
		if kind == purge.Group {
			kind = purge.Tag
		}
		for _, id := range ids {
			rules = append(rules, purge.Rule{Kind: kind, Soft: item.Soft, ID: id})
		}
	}
	return rules, nil
}

// spellings returns the names of an item. A name with %2A also stands for the same
// name with "*", which cannot be written as such: it would be a pattern.
func spellings(item *purge.Item) []string {
	switch item.Kind {
	case purge.URL, purge.Prefix, purge.Stem:
		if star := strings.NewReplacer("%2A", "*", "%2a", "*").Replace(item.Name); star != item.Name {
			return []string{item.Name, star}
		}
	}
	return []string{item.Name}
}

// purgeIDs returns the IDs that an item covers. The item must not be a pattern.
func (n *Node) purgeIDs(item *purge.Item) ([]purge.ID, error) {
	switch item.Kind {
	case purge.URL:
		return n.urlIDs(item.Name)
	case purge.Prefix, purge.Stem, purge.Host:
		id, err := placeID(n.purges.Names(), item)
		return []purge.ID{id}, err
	}
	id, err := nameID(n.purges.Names(), item)
	return []purge.ID{id}, err
}

// placeID returns the ID of a part of a host.
func placeID(names purge.Names, item *purge.Item) (id purge.ID, err error) {
	u, err := parsePurged(item.Name, "http") // a place is the same under both schemes
	switch {
	case err != nil:
		return id, err
	case item.Kind == purge.Host && string(u.Target) != "/":
		return id, fmt.Errorf("%w: host %q has a path; purge it as a prefix or URL", ErrPurge, item.Name)
	case item.Kind == purge.Host:
		return names.Host(string(u.Name)), nil
	case u.Query != nil:
		return id, fmt.Errorf("%w: prefix %q has a query", ErrPurge, item.Name)
	case item.Kind == purge.Stem:
		return names.Stem(string(u.Name), string(u.Path)), nil
	case purge.Depth(string(u.Path)) > purge.MaxDepth:
		return id, fmt.Errorf("%w: prefix %q has more than %d segments", ErrPurge, item.Name, purge.MaxDepth)
	}
	return names.Prefix(string(u.Name), string(u.Path)), nil
}

// nameID returns the ID of an item that is not part of a host.
func nameID(names purge.Names, item *purge.Item) (id purge.ID, err error) {
	switch item.Kind {
	case purge.Tag:
		id = names.Tag(item.Name)
	case purge.SiteTag:
		id = names.SiteTag(names.Site(item.Site), names.Tag(item.Name))
	case purge.Group:
		id = names.Group(item.Site, item.Name)
	case purge.Site:
		return names.Site(item.Name), nil
	case purge.All:
		return id, nil
	default:
		return id, fmt.Errorf("%w: unknown %v", ErrPurge, item.Kind)
	}
	if item.Name == "" {
		return id, fmt.Errorf("%w: a tag is empty", ErrPurge)
	}
	return id, nil
}

// PurgedSite returns the name of the site that an item is of: the one that answers
// for its host, or the one that it names. Empty: there is none. Errors wrap ErrPurge.
func (n *Node) PurgedSite(item purge.Item) (string, error) {
	if _, err := n.PurgeRules(item); err != nil {
		return "", err
	}
	t := n.tables.Load()
	switch item.Kind {
	case purge.URL, purge.Prefix, purge.Host:
		u, err := parsePurged(item.Name, "http")
		if err != nil {
			return "", err
		}
		if s := t.Find(u.Name); s != nil {
			return s.Name, nil
		}
	case purge.Site:
		return t.named(item.Name)
	case purge.SiteTag:
		return t.named(item.Site)
	}
	return "", nil
}

// named returns the name of a site if there is such a site.
func (t *tables) named(name string) (string, error) {
	for _, s := range t.Sites {
		if s.Name == name {
			return name, nil
		}
	}
	return "", fmt.Errorf("%w: there is no site %q", ErrPurge, name)
}

func (n *Node) urlIDs(name string) (ids []purge.ID, err error) {
	for _, scheme := range schemes {
		u, err := parsePurged(name, scheme)
		if err != nil {
			return nil, err
		}
		keys := semantics.KeyRules{}
		if s := n.tables.Load().Find(u.Name); s != nil {
			keys = s.Rule(u.Path).Semantics.Key
		}
		for _, key := range n.urlKeys(u, &keys) {
			ids = append(ids, key.URL())
		}
	}
	return ids, nil
}

// schemes are those that what is purged may be seen with.
var schemes = [...]string{"http", "https"}

// parsePurged parses a host and target, of the scheme that it is to be seen with.
func parsePurged(name, scheme string) (*message.URL, error) {
	rest := name
	if before, after, ok := strings.Cut(name, "://"); ok && !strings.ContainsAny(before, "/?") {
		if before = strings.ToLower(before); before != "http" && before != "https" {
			return nil, fmt.Errorf("%w: %q is neither http nor https", ErrPurge, name)
		}
		rest = after
	}
	rest, _, _ = strings.Cut(rest, "#")
	host, target := rest, "/"
	if i := strings.IndexAny(rest, "/?"); i >= 0 {
		host, target = rest[:i], rest[i:]
	}
	if target[0] == '?' {
		target = "/" + target
	}
	u := new(message.URL)
	if _, fault := message.ParseURL(u, scheme, []byte(host), []byte(target), nil); fault != message.URLOK {
		return nil, fmt.Errorf("%w: %q: %v", ErrPurge, name, fault)
	}
	return u, nil
}

// urlKeys are what covers all that may be stored for a URL: under its own query
// and, where some path has a policy or may have had one, under what that makes of it.
func (n *Node) urlKeys(u *message.URL, k *semantics.KeyRules) []store.Key {
	key, scratch := n.urlKey(nil, u, k)
	keys := []store.Key{key}
	if n.fetcher.Search.Kept() {
		path, _ := n.fetcher.PathKey(scratch, u)
		keys = append(keys, path)
	}
	return keys
}

// outdate puts rules in force that a response gives rise to, and tells the fleet, if
// there is one, of the items that they are made of. It does not wait. It returns
// their number, 0 if the fleet has still to give one.
func (n *Node) outdate(items []purge.Item, rules []purge.Rule) purge.Seq {
	if n.fleet != nil {
		n.announce(items, rules)
		return 0
	}
	return n.purges.Put(rules...)
}

// itemOf names a URL as a purge does.
func itemOf(u *message.URL) purge.Item {
	return purge.Item{Kind: purge.URL, Name: u.Scheme + "://" + string(u.Host) + string(u.Target)}
}

// invalidate purges what the response to an unsafe request says is out of date,
// before its client hears of it: if it was successful, the URL and what Location
// and Content-Location name (RFC 9111 section 4.4), and groups (RFC 9875). It
// returns what to stamp the response with if it is stored: the number of that
// purge. 0: it is not to be stored, as there was none, or as another purge since
// the request began may cover it, or as the fleet has still to number it.
func (n *Node) invalidate(x *exchange, resp *origin.Response, began purge.Seq) (stamp purge.Seq) {
	if x.Request.Method.Safe() {
		return 0
	}
	var rules []purge.Rule
	var items []purge.Item
	semantics.Invalidates(&x.Request, resp.Status, &resp.Fields, nil, func(u *message.URL) {
		for _, key := range n.urlKeys(u, &x.site.Rule(u.Path).Semantics.Key) {
			rules = append(rules, purge.Rule{Kind: purge.URL, ID: key.URL()})
		}
		items = append(items, itemOf(u))
	})
	names, u := n.purges.Names(), &x.Request.URL
	own := purge.Subject{Host: string(u.Host), Path: string(u.Path), Site: names.Site(x.site.Name)}
	if len(rules) > 0 {
		own.URL = rules[0].ID
		own.Tags = semantics.Tags(names, u, &resp.Fields)
	}
	for _, group := range semantics.InvalidatedGroups(u, &resp.Fields) {
		rules = append(rules, purge.Rule{Kind: purge.Tag, ID: names.Group(group.Site, group.Name)})
		items = append(items, group)
	}
	if len(rules) == 0 {
		return 0
	}
	latest := n.purges.Latest()
	untouched := own.URL != purge.ID{} && n.untouched(own, rules, began)
	if seq := n.outdate(items, rules); untouched && seq == latest+1 {
		return seq
	}
	return 0
}

// untouched reports whether no purge since began covers a subject, whichever of the
// URLs in rules it is.
func (n *Node) untouched(s purge.Subject, rules []purge.Rule, began purge.Seq) bool {
	for _, r := range rules {
		if r.Kind != purge.URL {
			continue
		}
		s.URL = r.ID
		if n.purges.Covers(&s, began) != purge.Untouched {
			return false
		}
	}
	return true
}
