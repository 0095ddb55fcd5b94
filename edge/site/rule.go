package site

import (
	"strings"
	"time"

	"brink/conf"
	"brink/edge/message"
	"brink/edge/semantics"
	"brink/store"
)

// Rule holds the settings for some paths of a site.
type Rule struct {
	Semantics  semantics.Rules
	Request    Edits                 // edits the fields for the origin
	Response   Edits                 // edits the fields for the client
	Answer     *Answer               // for redirect and respond; nil: the cache or the origin answers
	Disk       store.Admission       // says which responses go to disk
	HeadAsHead bool                  // a HEAD that misses goes to the origin as HEAD, not as GET
	Head       semantics.HeadOptions // for the heads of responses for one client
	SharedHead semantics.HeadOptions // for the heads of responses that are stored
	Position   string                // in the conf, as file:line

	pattern pattern
	host    []byte // the Host for the origin; nil: the client's
}

// Pattern returns the pattern of the rule's paths as it stands in the conf.
func (r *Rule) Pattern() string { return r.pattern.text }

// HostOf returns the Host of the request to the origin.
func (r *Rule) HostOf(request *message.Request) []byte {
	if r.host != nil {
		return r.host
	}
	return request.URL.Host
}

// compileRule builds a rule. host is the Host for the origin; "": the client's. node is the
// id of the node.
func compileRule(path string, c *conf.Rule, host, node string) (*Rule, error) {
	answer, err := compileAnswer(c)
	if err != nil {
		return nil, err
	}
	var to []byte
	if host != "" {
		to = []byte(host)
	}
	head := semantics.HeadOptions{Via: node, ShowTags: c.ShowTags, ShowTargeted: semantics.TargetedOf(c.ShowTargeted)}
	shared := head
	shared.Shared = !c.StoreSetCookie
	r := &Rule{
		pattern:    parsePattern(path),
		Semantics:  compileSemantics(c),
		Request:    compileEdits(c.Request),
		Response:   compileEdits(c.Response),
		Answer:     answer,
		host:       to,
		Disk:       admissions[c.Disk],
		HeadAsHead: c.HeadFetch == "head",
		Head:       head,
		SharedHead: shared,
		Position:   c.Position,
	}
	if !c.AnyType {
		r.Semantics.Extension = r.pattern.extension()
	}
	// A field that does not reach the origin as the client sent it selects no response.
	r.Semantics.Key.Ignore = append(r.Semantics.Key.Ignore, r.Request.remove...)
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

// defaultUnreachable is the default of stale_if_unreachable.
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
