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

// ErrPurge is wrapped by errors about items that cannot be purged.
var ErrPurge = errors.New("cannot purge")

// Purge puts the purges of items in force, all under one number. It waits until they are
// durable, or until the fleet has them if there is one. If the error wraps ErrPurge, an item
// is wrong and nothing is in force. If it wraps purge.ErrNotDurable, all are in force, but a
// restart may undo them. If it wraps purge.ErrNotSent, all are in force here, but the other
// nodes may not have them.
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

// PurgeRules returns the rules that purge an item:
//
//   - a URL: a host and a target, with or without a scheme. The URL is purged under both
//     schemes, because a person who purges seldom knows which one the node sees.
//   - a prefix: a host and a path, under both schemes, too. See purge.Names.Prefix.
//   - a tag, which may be any bytes.
//   - a host, as requests name it.
//   - a site, by its name in the conf.
//   - a group: a tag among the responses of one origin (RFC 9875).
//
// The port of a host is ignored. purge.Item.Plain says what a star means. Errors wrap
// ErrPurge; errors about a pattern wrap purge.ErrPattern, too.
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

// spellings returns the names that an item purges. A name with %2A also purges the same name
// with "*", because an item cannot have a "*" that is no pattern.
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
		id, err := hostPartID(n.purges.Names(), item)
		return []purge.ID{id}, err
	}
	id, err := nameID(n.purges.Names(), item)
	return []purge.ID{id}, err
}

// hostPartID returns the ID of a host, or of the paths of it that begin with a prefix.
func hostPartID(names purge.Names, item *purge.Item) (id purge.ID, err error) {
	u, err := parsePurged(item.Name, "http") // the ID is the same under both schemes
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

// nameID returns the ID of a tag, a group, a site or everything.
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

// PurgedSite returns the name of the site that answers for an item's host, or that the item
// names. It returns "" if there is none. Errors wrap ErrPurge.
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

// named returns name, or an error if no site has it.
func (t *tables) named(name string) (string, error) {
	for _, s := range t.Sites {
		if s.Name == name {
			return name, nil
		}
	}
	return "", fmt.Errorf("%w: there is no site %q", ErrPurge, name)
}

// urlIDs returns the IDs of a URL under both schemes.
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

// schemes are the schemes that the node may see a purged URL with.
var schemes = [...]string{"http", "https"}

// parsePurged parses a host and a target as a URL with the given scheme. The name may have
// another one, http or https.
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

// urlKeys returns the keys whose purges cover all responses that may be stored for a URL. The
// first is the key of the URL itself. If some path has a search policy, or may have had one,
// responses may be stored under a reduced query: the key of the path covers these.
func (n *Node) urlKeys(u *message.URL, k *semantics.KeyRules) []store.Key {
	key, scratch := n.urlKey(nil, u, k)
	keys := []store.Key{key}
	if n.fetcher.Search.Kept() {
		path, _ := n.fetcher.PathKey(scratch, u)
		keys = append(keys, path)
	}
	return keys
}

// outdate purges because of a response. It puts rules in force, and tells the fleet, if there
// is one, the items that the rules are made of. It does not wait. It returns the number of the
// rules, or 0 if the fleet has yet to number them.
func (n *Node) outdate(items []purge.Item, rules []purge.Rule) purge.Seq {
	if n.fleet != nil {
		n.announce(items, rules)
		return 0
	}
	return n.purges.Put(rules...)
}

// itemOf returns the item that purges a URL.
func itemOf(u *message.URL) purge.Item {
	return purge.Item{Kind: purge.URL, Name: u.Scheme + "://" + string(u.Host) + string(u.Target)}
}

// invalidate purges the responses that the response to an unsafe request makes out of date,
// before the client gets that response. If the request was successful, these are the URL and
// the URLs in Location and Content-Location (RFC 9111 section 4.4). Groups are invalidated,
// too (RFC 9875).
//
// It returns the number of that purge, which is the stamp of the response if it is stored.
// 0 means that the response must not be stored: nothing was purged, or another purge since
// the request began may cover the response, or the fleet has yet to number the purge.
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

// untouched reports whether no purge since began covers the subject s, under any of the URLs
// in rules.
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
