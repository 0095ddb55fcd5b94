package conf

var siteSection = &section{
	kind: "site", label: "name", zero: func() any { return new(Site) },
	meaning: "A set of hosts, and how to serve them. A site may have every setting and block of a rule (see `path`). " +
		"These apply to the paths that no `path` block matches, and `path` blocks inherit them (except `redirect` and `respond`).",
	settings: append([]*setting{
		{name: "hosts", must: true, fold: true, check: checkHostPattern, field: at(func(s *Site) any { return &s.Hosts }),
			meaning: "host names, without port: `\"shop.example.com\"`, `\"*.example.com\"` for all subdomains, `\"*\"` for any host that no other site has"},
		{name: "origin", absent: "required, unless every rule of the site redirects or responds", check: checkName,
			field:   at(func(s *Site) any { return &s.Origin }),
			meaning: "name of the origin that has the content"},
	}, ruleSettings...),
	sections: append([]*section{purgeSection, pathSection}, ruleSections...),
}

var purgeSection = &section{
	kind: "purge", once: true, zero: func() any { return new(Purge) },
	meaning: "Who may purge by requests with the methods `PURGE`, `PURGEKEYS` and `BAN`, as applications send them to Varnish and nginx. " +
		"Without this block nobody may purge in this way. A client may purge only URLs and prefixes of the site's hosts, and tags of the site.",
	settings: []*setting{
		{name: "allow", must: true, field: at(func(p *Purge) any { return &p.Allow }),
			meaning: "addresses and networks of the clients that may purge: `\"127.0.0.1\"`, `\"10.0.0.0/8\"`, `\"::1\"`. A purge that comes through a proxy is refused, unless one of the listener's `trusted_proxies` names the client: see [which address counts](../purge/README.md#which-address-counts)"},
		{name: "soft", value: `false`, field: at(func(p *Purge) any { return &p.Soft }),
			meaning: "purges make responses stale instead of removing them. A stale response may be served while a new one is fetched, or if the origin is down"},
	},
}

var pathSection = &section{
	kind: "path", label: "pattern", zero: func() any { return new(Rule) },
	meaning: "A rule for the paths that the pattern matches: `*` is any text within a segment, `**` any text across segments. " +
		"The most specific pattern wins, whatever the order: an exact one, then the one with the longest literal beginning. " +
		"A rule inherits the settings and blocks that it lacks from its site, except `redirect` and `respond`.",
	settings: ruleSettings,
	sections: ruleSections,
}

var ruleSections = []*section{keySection, bypassSection, requestSection, responseSection, redirectSection, respondSection}

var ruleSettings = []*setting{
	{name: "cache", value: `"on"`, words: []string{"on", "off"}, field: atRule(func(r *Rule) any { return &r.Cache }),
		meaning: "`\"off\"`: nothing is stored or answered from the cache, and no other setting changes that"},
	{name: "ttl", storing: true, absent: "what the origin says", field: atRule(func(r *Rule) any { return &r.TTL }),
		meaning: "how long successes and redirects are fresh, whatever lifetime the origin gives; for errors see `negative_ttl`. It does not make responses storable that are `private`, `no-store` or for one person. A response with `no-cache` is still validated before each use"},
	{name: "default_ttl", storing: true, absent: "none", field: atRule(func(r *Rule) any { return &r.DefaultTTL }),
		meaning: "how long successes and redirects are fresh if the origin does not say. Such a response may be the page of one person. So if a request has `Authorization`, another field that says who asks, or a cookie, its response is not stored, and it does not get a stored one. Cookies of analytics do not count, and no cookie counts if the key names cookies or ignores `Cookie`. If a request has unknown fields, its response is not stored, but it may get a stored one"},
	{name: "min_ttl", storing: true, absent: "none", field: atRule(func(r *Rule) any { return &r.MinTTL }),
		meaning: "least time that successes and redirects are fresh, if the origin gives less"},
	{name: "max_ttl", storing: true, absent: "none", field: atRule(func(r *Rule) any { return &r.MaxTTL }),
		meaning: "most time that responses are fresh, if the origin gives more"},
	{name: "stale_while_revalidate", storing: true, absent: "what the origin says", field: atRule(func(r *Rule) any { return &r.StaleWhileRevalidate }),
		meaning: "how long a stale response may be served while a new one is fetched. The time counts from the end of its freshness. The origin's `stale-while-revalidate` takes precedence. This setting does not apply to a response that was never fresh, such as one with `max-age=0`; the origin's value does. Neither applies to a stored error (400 and above)"},
	{name: "stale_if_error", storing: true, absent: "what the origin says", field: atRule(func(r *Rule) any { return &r.StaleIfError }),
		meaning: "how long a stale response may be served while the origin answers with errors. The time counts from the end of its freshness. The origin's `stale-if-error` takes precedence. Never for a stored 429 or 5xx"},
	{name: "stale_if_unreachable", absent: "`\"1h\"`", storing: true, field: atRule(func(r *Rule) any { return &r.StaleIfUnreachable }),
		meaning: "how long a stale response may be served if the origin cannot be reached: no connection, or no answer. The time counts from the end of its freshness. Once an attempt has failed, clients do not wait for the next one: brink makes it in the background. Never if the origin says `no-cache`, `must-revalidate` or `proxy-revalidate`. `s-maxage` forbids it, too (RFC 9111), unless you give this setting. `\"0s\"`: not at all"},
	{name: "evict_status", value: `[404, 410]`, storing: true, least: 400, most: 499, field: atRule(func(r *Rule) any { return &r.EvictStatus }),
		meaning: "statuses from 400 to 499 that evict the stored response, as they say that the page is gone. Any other 4xx is about the one request: only its client gets it, and the stored response stays. `[]`: none evicts"},
	{name: "negative_ttl", storing: true, absent: "none", field: atRule(func(r *Rule) any { return &r.NegativeTTL }),
		meaning: "how long errors are fresh, by status: `{ \"404\" = \"10s\" }`. A lifetime from the origin takes precedence. As with `default_ttl`, not for a request with a cookie or another field that says who asks"},
	{name: "unknown_fields", value: `"share"`, words: []string{"share", "separate", "refuse"}, field: atRule(func(r *Rule) any { return &r.UnknownFields }),
		meaning: "what to do if a request has fields that brink does not know, as the response may depend on them. `\"share\"`: all clients share the response, whatever such fields they send, if the origin or `ttl` says how long it is fresh; otherwise (`default_ttl`, `negative_ttl`, `heuristic`) the response is not stored. `\"separate\"`: the fields are part of the key. `\"refuse\"`: a response to a request with such a field is never stored"},
	{name: "keep_fields", absent: "none", fold: true, check: checkKept, field: atRule(func(r *Rule) any { return &r.KeepFields }),
		meaning: "request fields to send to the origin, although brink removes them by default because a client could forge them, such as `\"CF-Visitor\"`, `\"X-Remote-User\"` or a name with `_`; `\"x-webauth-*\"` for all names that begin so. Except for the fields with which a proxy says who asks, they are sent only with requests that are passed on, not with a fetch whose response may be stored. See below"},
	{name: "heuristic", value: `true`, field: atRule(func(r *Rule) any { return &r.Heuristic }),
		meaning: "if nothing says how long a response is fresh, it is fresh for a tenth of the time since `Last-Modified`, at most a day. As with `default_ttl`, not for a request with a cookie or `Authorization`"},
	{name: "client_directives", value: `"ignore"`, words: []string{"ignore", "honour"}, field: atRule(func(r *Rule) any { return &r.ClientDirectives }),
		meaning: "whether `no-cache` and `max-age` of clients count: `\"ignore\"` or `\"honour\"`"},
	{name: "store_set_cookie", value: `false`, storing: true, field: atRule(func(r *Rule) any { return &r.StoreSetCookie }),
		meaning: "store responses together with their `Set-Cookie`, and send it to everybody. If `false`, the response is stored without its `Set-Cookie`, and only the client that caused the fetch gets the cookie. Even then it is stored only if it has `s-maxage`, `CDN-Cache-Control` or `Surrogate-Control`, or if it is `public` and a style sheet, a script, an image, a font, sound, film or WebAssembly"},
	{name: "store_private", value: `false`, storing: true, field: atRule(func(r *Rule) any { return &r.StorePrivate }),
		meaning: "store responses although they are `private`"},
	{name: "store_no_cache", value: `false`, storing: true, field: atRule(func(r *Rule) any { return &r.StoreNoCache }),
		meaning: "`ttl` also applies to responses with `no-cache`. If `false`, these are stored only if they have a validator, and are validated at each use"},
	{name: "store_authorization", value: `false`, storing: true, field: atRule(func(r *Rule) any { return &r.StoreAuthorization }),
		meaning: "store responses to requests with `Authorization` although the origin does not allow it"},
	{name: "any_type", value: `false`, storing: true, field: atRule(func(r *Rule) any { return &r.AnyType }),
		meaning: "for a pattern that has a `*` and ends in a file extension, such as `/**.css`: the rule's lifetimes apply to any content. If `false`, only to content of that kind, here `text/css`. See below"},
	{name: "show_tags", value: `false`, field: atRule(func(r *Rule) any { return &r.ShowTags }),
		meaning: "send clients the fields that carry tags: `Surrogate-Key`, `Cache-Tag`, `Cache-Tags`, `Purge-Cache-Tags`, `X-Cache-Tags`, `xkey`, `X-Magento-Tags`, `Cache-Groups`"},
	{name: "show_targeted", value: `["CDN-Cache-Control"]`, fold: true, words: []string{"CDN-Cache-Control", "Surrogate-Control", "Brink-Cache-Control"},
		field:   atRule(func(r *Rule) any { return &r.ShowTargeted }),
		meaning: "which of the fields that replace `Cache-Control` for caches are sent to clients: `CDN-Cache-Control`, `Surrogate-Control`, `Brink-Cache-Control`. `CDN-Cache-Control` is for every CDN on the way (RFC 9213), the others are for this node. A change applies to responses that are fetched or validated after the reload"},
	{name: "head_fetch", value: `"get"`, words: []string{"get", "head"}, field: atRule(func(r *Rule) any { return &r.HeadFetch }),
		meaning: "how to answer a `HEAD` if nothing is stored, or only a stale response. `\"get\"`: fetch and store the whole response, and answer as soon as its head has arrived. `\"head\"`: pass the `HEAD` on. If a response for the URL could not be stored within the last two minutes, the `HEAD` is passed on in any case"},
	{name: "suspect_paths", value: `"pass"`, words: []string{"pass", "cache"}, storing: true, field: atRule(func(r *Rule) any { return &r.SuspectPaths }),
		meaning: "what to do with paths that have `%2F`, `%3F` or an empty segment (`//`), as some origins take them for other paths. `\"pass\"` sends them past the cache, `\"cache\"` stores each spelling separately. " +
			"Use `\"cache\"` only if the origin keeps the spellings apart, too, as a registry with `/@scope%2Fname` does. Other paths that can be read in two ways (`%5C`, `%23`, escaped controls, `..;`, dots next to `%2F`, overlong UTF-8, `/;/`) are always passed, and `%00` is refused. See the table below"},
	{name: "max_object", value: `"0"`, field: atRule(func(r *Rule) any { return &r.MaxObject }),
		meaning: "a longer response is passed on, not stored. 0: the same as `max_object` of `store`. A larger value than that has no effect"},
	{name: "disk", value: `"auto"`, storing: true, words: []string{"auto", "always", "off"}, field: atRule(func(r *Rule) any { return &r.Disk }),
		meaning: "when responses are written to disk. `\"auto\"`: when a client asks for them a second time, or at once if they are too large for memory. `\"always\"`: when they are stored. `\"off\"`: never. Without a `disk` block the setting has no effect"},
}

var keySection = &section{
	kind: "key", once: true, zero: func() any { return new(Key) },
	meaning: "The key of a stored response has the scheme, the host, the path and what this block says, and the fields that the response's `Vary` names. " +
		"brink removes parameters that are not in the key from all requests to the origin.",
	settings: []*setting{
		{name: "query", value: `"all"`, words: []string{"all", "none", "keep", "drop"}, field: at(func(k *Key) any { return &k.Query }),
			meaning: "which parameters are in the key: `\"all\"`, `\"none\"`, `\"keep\"` only `params`, or `\"drop\"` them"},
		{name: "params", absent: "none", check: checkParameters, field: at(func(k *Key) any { return &k.Params }),
			meaning: "names of the parameters that `query` keeps or drops; `\"utm_*\"` for all that begin so"},
		{name: "sort", value: `false`, field: at(func(k *Key) any { return &k.Sort }),
			meaning: "parameters are sorted by name, so that their order does not matter"},
		{name: "headers", absent: "none", fold: true, check: checkKeyed, field: at(func(k *Key) any { return &k.Headers }),
			meaning: "request fields that are in the key; `\"x-shop-*\"` for all that begin so"},
		{name: "cookies", absent: "none", check: checkNames, field: at(func(k *Key) any { return &k.Cookies }),
			meaning: "cookies that are in the key; `\"currency_*\"` for all that begin so. The origin sees no other cookie on a fetch whose response may be stored: see below"},
		{name: "ignore", absent: "none", fold: true, check: checkNames, field: at(func(k *Key) any { return &k.Ignore }),
			meaning: "request fields that decide neither which response is served nor whether it is stored; `\"x-*\"` for all that begin so. The origin does not see them on a fetch whose response may be stored. `\"*\"` means all fields that brink does not know. These fields still go to the origin"},
	},
}

var bypassSection = &section{
	kind: "bypass", once: true, zero: func() any { return new(Bypass) },
	meaning: "Requests that go past the cache: the origin also gets the fields and cookies that are not in the key, its answer is not stored, and they never get a stored response. " +
		"Each name may end in `*`, for all that begin so. A path's block adds to its site's.",
	settings: []*setting{
		{name: "inherit", value: `true`, field: at(func(b *Bypass) any { return &b.Inherit }),
			meaning: "in a path: whether the names in the site's block count, too"},
		{name: "cookies", absent: "none", check: checkNames, field: at(func(b *Bypass) any { return &b.Cookies }),
			meaning: "names of cookies, such as `\"wordpress_logged_in_*\"`"},
		{name: "headers", absent: "none", fold: true, check: checkNames, field: at(func(b *Bypass) any { return &b.Headers }),
			meaning: "names of request fields"},
		{name: "query", absent: "none", check: checkParameters, field: at(func(b *Bypass) any { return &b.Query }),
			meaning: "names of parameters"},
	},
}

var requestSection = editsSection("request",
	"Changes to the fields of requests to the origin. Removals come first.", checkRequestName)

var responseSection = editsSection("response",
	"Changes to the fields of responses to clients. Removals come first.", checkResponseName)

func editsSection(kind, meaning string, name func(string) *fault) *section {
	return &section{
		kind: kind, once: true, zero: func() any { return new(Edits) }, meaning: meaning,
		settings: []*setting{
			{name: "remove", absent: "none", fold: true, check: name, field: at(func(e *Edits) any { return &e.Remove }),
				meaning: "names of fields to remove"},
			{name: "set", absent: "none", check: name, checkValue: checkFieldValue, field: at(func(e *Edits) any { return &e.Set }),
				meaning: "fields to set, by name; each replaces all fields of its name"},
		},
	}
}

var redirectSection = &section{
	kind: "redirect", once: true, zero: func() any { return new(Redirect) },
	meaning: "Answers with a redirect, without the origin.",
	settings: []*setting{
		{name: "to", must: true, check: checkRedirect, field: at(func(r *Redirect) any { return &r.To }),
			meaning: "the target: a URL, or a path of the same host. brink replaces `{host}`, `{path}` and `{query}` by the host, path and query of the request. `{query}` has no `?`. If the query is empty, a `?` at the end is dropped"},
		{name: "status", value: `302`, field: at(func(r *Redirect) any { return &r.Status }),
			meaning: "301, 302, 303, 307 or 308"},
	},
}

var respondSection = &section{
	kind: "respond", once: true, zero: func() any { return new(Respond) },
	meaning: "Answers with a fixed response, without the origin.",
	settings: []*setting{
		{name: "status", value: `200`, least: 200, most: 599, field: at(func(r *Respond) any { return &r.Status }),
			meaning: "200 to 599"},
		{name: "body", absent: "empty", blank: true, field: at(func(r *Respond) any { return &r.Body }),
			meaning: "the content. Unlike other texts, it may be empty"},
		{name: "headers", absent: "none", check: checkResponseName, checkValue: checkFieldValue, field: at(func(r *Respond) any { return &r.Headers }),
			meaning: "fields of the response, by name"},
	},
}
