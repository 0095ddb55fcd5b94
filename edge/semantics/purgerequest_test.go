package semantics

import (
	"fmt"
	"strings"
	"testing"

	"brink/edge/message"
)

// What applications send to Varnish and nginx, and what that purges.
func TestPurgeItems(t *testing.T) {
	for _, c := range []struct {
		name, verb, url, lines string
		soft                   bool // the site's own word
		want                   string
	}{
		// Varnish, nginx, Fastly: the URL.
		{"url", "PURGE", "http://a.test/x?y", "", false, "hard url a.test/x?y"},
		{"port", "PURGE", "http://a.test:8080/x", "", false, "hard url a.test:8080/x"},
		{"site is soft", "PURGE", "http://a.test/", "", true, "soft url a.test/"},
		{"soft", "PURGE", "http://a.test/x", "Fastly-Soft-Purge: 1", false, "soft url a.test/x"},
		{"not soft", "PURGE", "http://a.test/x", "Fastly-Soft-Purge: 0", true, "hard url a.test/x"},
		// A star: purge.Item.Plain says what it means.
		{"star in the middle", "PURGE", "http://a.test/a*b", "", false, "hard url a.test/a*b"},

		// WordPress, Proxy Cache Purge: X-Purge-Method says what the URL is.
		{"wordpress", "PURGE", "http://a.test/post/", "X-Purge-Method: default", false, "hard url a.test/post/"},
		{"wordpress all", "PURGE", "http://a.test/.*", "X-Purge-Method: regex", false, "hard site shop"},
		{"wordpress all, soft", "PURGE", "http://a.test/.*", "X-Purge-Method: regex\nFastly-Soft-Purge: 1", false, "soft site shop"},
		{"wordpress root", "PURGE", "http://a.test/", "X-Purge-Method: regex", false, "hard site shop"},
		{"wordpress regex", "PURGE", "http://a.test/post/", "X-Purge-Method: Regex", false, "hard prefix a.test/post/*"},
		{"wordpress below", "PURGE", "http://a.test/blog/.*", "X-Purge-Method: regex", false, "hard prefix a.test/blog/*"},
		{"wordpress page", "PURGE", "http://a.test/post.*", "X-Purge-Method: regex", false, "hard prefix a.test/post*"},
		{"wordpress star", "PURGE", "http://a.test/a*b", "X-Purge-Method: default", false, "hard url a.test/a%2Ab"},
		{"wordpress ban", "PURGE", "http://a.test/", "X-Ban-Regex: foo", false, "purge-pattern"},
		{"vcaching", "PURGE", "http://a.test/.*", "X-VC-Purge-Method: regex\nX-VC-Purge-Host: a.test", false, "hard site shop"},
		{"vcaching, one", "PURGE", "http://a.test/a*", "X-VC-Purge-Method: exact\nX-VC-Purge-Host: A.test", false, "hard url a.test/a%2A"},
		{"vcaching, another host", "PURGE", "http://a.test/.*", "X-VC-Purge-Method: regex\nX-VC-Purge-Host: b.test", false, "purge-pattern"},
		{"cloudways", "PURGE", "http://a.test/.*", "", false, "hard site shop"},

		// Regular expressions in the URL.
		{"any byte", "PURGE", "http://a.test/index.php/.*", "X-Purge-Method: regex", false, "hard prefix a.test/index*"},
		{"any first byte", "PURGE", "http://a.test/.well-known/.*", "X-Purge-Method: regex", false, "purge-pattern"},
		{"escaped dot", "PURGE", "http://a.test/a%5C.html.*", "X-Purge-Method: regex", false, "hard prefix a.test/a.html*"},
		{"escaped dot, no method", "PURGE", "http://a.test/a%5C.html.*", "", false, "hard prefix a.test/a.html*"},
		{"end", "PURGE", "http://a.test/a%5C.html$", "X-Purge-Method: regex", false, "hard url a.test/a.html"},
		{"any byte and the end", "PURGE", "http://a.test/ab.html$", "X-Purge-Method: regex", false, "hard prefix a.test/ab*"},
		{"escaped star", "PURGE", "http://a.test/a%5C*b.*", "X-Purge-Method: regex", false, "hard prefix a.test/a%2Ab*"},
		{"a class", "PURGE", "http://a.test/%5Cd/.*", "X-Purge-Method: regex", false, "purge-pattern"},
		{"alternatives", "PURGE", "http://a.test/(a|b)/.*", "X-Purge-Method: regex", false, "purge-pattern"},
		{"optional", "PURGE", "http://a.test/post/?.*", "X-Purge-Method: regex", false, "purge-pattern"},
		{"repeated", "PURGE", "http://a.test/a*", "X-Purge-Method: regex", false, "purge-pattern"},
		{"in the middle", "PURGE", "http://a.test/a/.*/b", "X-Purge-Method: regex", false, "purge-pattern"},

		{"escaped by the sender, one URL", "PURGE", "http://a.test/index%5C.php%5C%3Fa=b$", "X-Purge-Method: regex", false, "hard url a.test/index.php?a=b"},
		{"escaped by the sender, queries", "PURGE", "http://a.test/index%5c.php%5c?a%5b0", "X-Purge-Method: regex", false, "purge-pattern"},
		{"escaped by the sender, a class", "PURGE", "http://a.test/a%5C?b%5b0%5D", "X-Purge-Method: regex", false, "purge-pattern"},
		{"escaped by the sender, a literal class", "PURGE", "http://a.test/a%5C?b%5c%5b0$", "X-Purge-Method: regex", false, "hard url a.test/a?b[0"},
		{"escaped by the sender, end", "PURGE", "http://a.test/blog%24", "X-Purge-Method: regex", false, "hard url a.test/blog"},
		{"escaped by the sender, literal end", "PURGE", "http://a.test/blog%5C%24", "X-Purge-Method: regex", false, "hard prefix a.test/blog$*"},
		{"escaped by the sender, alternatives", "PURGE", "http://a.test/blog%7Cnews", "X-Purge-Method: regex", false, "purge-pattern"},
		{"escaped by the sender, group", "PURGE", "http://a.test/%28blog%7Cnews%29/.*", "X-Purge-Method: regex", false, "purge-pattern"},
		{"escaped by the sender, start", "PURGE", "http://a.test/%5Eblog", "X-Purge-Method: regex", false, "purge-pattern"},
		{"escaped by the sender, optional", "PURGE", "http://a.test/blog/%3F", "X-Purge-Method: regex", false, "purge-pattern"},
		{"escaped by the sender, repeated", "PURGE", "http://a.test/blog%2B", "X-Purge-Method: regex", false, "purge-pattern"},
		{"escaped by the sender, repeated or none", "PURGE", "http://a.test/blog%2A", "X-Purge-Method: regex", false, "purge-pattern"},
		{"escaped by the sender, counted", "PURGE", "http://a.test/blog%7B2%7D", "X-Purge-Method: regex", false, "purge-pattern"},
		{"escaped by the sender, set", "PURGE", "http://a.test/%5Bab%5D", "X-Purge-Method: regex", false, "purge-pattern"},
		{"escaped by the sender, all below", "PURGE", "http://a.test/blog/%2E%2A", "X-Purge-Method: regex", false, "hard prefix a.test/blog/*"},
		{"escaped by the sender, slash", "PURGE", "http://a.test/blog%5C%2Fnews/.*", "X-Purge-Method: regex", false, "hard prefix a.test/blog/news/*"},
		{"escaped by the sender, fragment", "PURGE", "http://a.test/blog%5C%23news$", "X-Purge-Method: regex", false, "purge-pattern"},
		{"escaped by the sender, a letter", "PURGE", "http://a.test/%5C%64", "X-Purge-Method: regex", false, "purge-pattern"},
		{"escape in the URLs", "PURGE", "http://a.test/caf%C3%A9/%40a%2Fb/.*", "X-Purge-Method: regex", false, "hard prefix a.test/caf%C3%A9/%40a%2Fb/*"},
		{"escaped by the sender, ban", "BAN", "http://a.test/%28blog%7Cnews%29", "", false, "purge-pattern"},
		{"exact, all", "PURGE", "http://a.test/.*", "X-Purge-Method: exact", false, "hard url a.test/.%2A"},
		{"default, all", "PURGE", "http://a.test/.*", "X-VC-Purge-Method: default", false, "hard url a.test/.%2A"},
		{"exact, pattern", "PURGE", "http://a.test/a%5C.html.*", "X-Purge-Method: exact", false, "hard url a.test/a%5C.html.%2A"},
		{"exact, two spellings of a star", "PURGE", "http://a.test/a%2Ab*", "X-Purge-Method: exact", false, "purge-pattern"},

		// Regular expressions in fields.
		{"field, escape in the URLs", "BAN", "http://a.test/", `X-Ban-Url: ^/a%28b`, false, "hard prefix a.test/a%28b*"},
		{"field, escaped backslash", "BAN", "http://a.test/", `X-Ban-Url: ^/a%5c.html`, false, "purge-pattern"},
		{"field", "BAN", "http://a.test/", "X-Ban-Regex: ^/blog/", false, "hard prefix a.test/blog/*"},
		{"field, one URL", "BAN", "http://a.test/", `X-Ban-Url: ^/a\.html\?b=1$`, false, "hard url a.test/a.html?b=1"},
		{"field, queries", "BAN", "http://a.test/", `X-Ban-Url: ^/a\.html\?b=`, false, "hard prefix a.test/a.html"},
		{"field, all", "PURGE", "http://a.test/x", "X-Purge-Regex: .*", false, "hard site shop"},
		{"field, anywhere in a URL", "BAN", "http://a.test/", "X-Ban-Regex: /blog/", false, "purge-pattern"},
		{"field, empty", "BAN", "http://a.test/", "X-Ban-Regex: ", false, "purge-pattern"},
		{"field and tag", "BAN", "http://a.test/", "X-Ban-Regex: .*\nxkey: a", false, "hard site shop, hard tag of a site shop:a"},
		{"this host", "BAN", "http://a.test:8080/", `X-Host: ^a\.test$` + "\nX-Url: ^/blog/", false, "hard prefix a.test:8080/blog/*"},
		{"this host, any port", "BAN", "http://a.test:8080/", "X-Host: a.test:443\nX-Url: ^/blog/", false, "hard prefix a.test:8080/blog/*"},
		{"this host in a list", "BAN", "http://a.test/", "X-Host: ^(a.test)$\nX-Url: ^/blog/.*", false, "hard prefix a.test/blog/*"},
		{"another host", "BAN", "http://a.test/", "X-Host: b.test\nX-Url: ^/blog/", false, "purge-pattern"},

		// ngx_cache_purge.
		{"nginx wildcard", "PURGE", "http://a.test/blog/*", "", false, "hard url a.test/blog/*"},

		// vmod xkey, Shopware, FOSHttpCache: tags by field.
		{"xkey", "PURGE", "http://a.test/x", "xkey: product-1 product-2", false, "hard tag of a site shop:product-1, hard tag of a site shop:product-2"},
		{"xkey-purge", "PURGE", "http://a.test/", "XKey-Purge: a,b , c", false, "hard tag of a site shop:a, hard tag of a site shop:b, hard tag of a site shop:c"},
		{"xkey-softpurge", "PURGEKEYS", "http://a.test/", "xkey-softpurge: a,b", false, "soft tag of a site shop:a, soft tag of a site shop:b"},
		{"both", "PURGE", "http://a.test/", "xkey-purge: a\nxkey-softpurge: b", false, "hard tag of a site shop:a, soft tag of a site shop:b"},
		{"surrogate keys", "PURGE", "http://a.test/", "Surrogate-Key: a\nSurrogate-Key: b\nFastly-Soft-Purge: 1", false, "soft tag of a site shop:a, soft tag of a site shop:b"},
		{"tags are opaque", "PURGE", "http://a.test/", "xkey: * a.b a|b", false, "hard tag of a site shop:*, hard tag of a site shop:a.b, hard tag of a site shop:a|b"},
		{"no tag", "PURGE", "http://a.test/x", "xkey: ,", false, "bad-request"},
		{"no keys", "PURGEKEYS", "http://a.test/x", "", false, "bad-request"},

		// Drupal: BAN, tags between blanks or bars.
		{"drupal", "BAN", "http://a.test/", "Cache-Tags: node:1|list:config.a.b", false, "hard tag of a site shop:node:1, hard tag of a site shop:list:config.a.b"},
		{"drupal older", "BAN", "http://a.test/", "X-Cache-Tags: node:1 node:2", false, "hard tag of a site shop:node:1, hard tag of a site shop:node:2"},
		{"drupal purge", "BAN", "http://a.test/", "Purge-Cache-Tags: node:1", false, "hard tag of a site shop:node:1"},
		{"drupal url", "BAN", "http://a.test/.*projects.*", "", false, "purge-pattern"},
		{"shopware all", "BAN", "http://a.test/", "", false, "hard site shop"},
		{"shopware all, soft", "BAN", "http://a.test/", "", true, "soft site shop"},
		{"prefix", "BAN", "http://a.test/", "X-Ban-Prefix: /blog/", false, "hard prefix a.test/blog/"},
		{"prefix and tag", "BAN", "http://a.test/", "X-Ban-Prefix: /blog\nxkey: a", false, "hard prefix a.test/blog, hard tag of a site shop:a"},
		{"prefix of another host", "BAN", "http://a.test/", "X-Ban-Prefix: b.test/", false, "bad-request"},
		{"empty prefix", "BAN", "http://a.test/", "X-Ban-Prefix: ", false, "bad-request"},
		{"prefix as a pattern", "BAN", "http://a.test/", "X-Ban-Prefix: /blog/.*", false, "hard prefix a.test/blog/.*"},
		{"ban of a path", "BAN", "http://a.test/blog", "", false, "hard prefix a.test/blog*"},
		{"ban of all", "BAN", "http://a.test/.*", "", false, "hard site shop"},
		{"typo3", "BAN", "http://a.test/", "Varnish-Ban-All: 1", false, "hard site shop"},

		// Magento 2: each tag as a pattern that is always the same but for the tag.
		{"magento", "PURGE", "http://a.test/", "X-Magento-Tags-Pattern: ((^|,)cat_p_1(,|$))", false, "hard tag of a site shop:cat_p_1"},
		{"magento, more", "PURGE", "http://a.test/", "X-Magento-Tags-Pattern: ((^|,)cat_p_1(,|$))|((^|,)cms.b(,|$))", true, "soft tag of a site shop:cat_p_1, soft tag of a site shop:cms.b"},
		{"magento flush", "PURGE", "http://a.test/", "X-Magento-Tags-Pattern: .*", false, "hard site shop"},
		{"magento, without parentheses", "PURGE", "http://a.test/", "X-Magento-Tags-Pattern: (^|,)cat_p_1(,|$)|(^|,)cat_p_2(,|$)", false, "hard tag of a site shop:cat_p_1, hard tag of a site shop:cat_p_2"},
		{"magento, other pattern", "PURGE", "http://a.test/", "X-Magento-Tags-Pattern: cat_p_1", false, "purge-pattern"},
		{"magento, part of a tag", "PURGE", "http://a.test/", "X-Magento-Tags-Pattern: ((^|,)cat_p_.*(,|$))", false, "purge-pattern"},
		{"magento, no tag", "PURGE", "http://a.test/", "X-Magento-Tags-Pattern: ((^|,)(,|$))", false, "purge-pattern"},
		{"magento, two in one", "PURGE", "http://a.test/", "X-Magento-Tags-Pattern: ((^|,)a|b(,|$))", false, "purge-pattern"},
		{"magento, cut off", "PURGE", "http://a.test/", "X-Magento-Tags-Pattern: ((^|,)a(,|$))|", false, "purge-pattern"},
		{"magento, end", "PURGE", "http://a.test/", "X-Magento-Tags-Pattern: ((^|,)a(,|$))x", false, "purge-pattern"},
		{"magento, half", "PURGE", "http://a.test/", "X-Magento-Tags-Pattern: ((^|,)a(,|$)", false, "purge-pattern"},
		{"magento, empty", "PURGE", "http://a.test/", "X-Magento-Tags-Pattern: ", false, "purge-pattern"},

		// FOSHttpCache by bans.
		{"symfony", "BAN", "http://a.test/", "X-Host: .*\nX-Url: ^/blog.*\nX-Content-Type: .*", false, "purge-pattern"},
		{"symfony all", "BAN", "http://a.test/", "X-Host: .*\nX-Url: .*\nX-Content-Type: .*", false, "hard site shop"},
		{"symfony one host", "BAN", "http://a.test/", `X-Host: ^(a\.test|b\.test)$` + "\nX-Url: .*", false, "purge-pattern"},
		{"symfony tags", "BAN", "http://a.test/", `X-Cache-Tags: (^|,)(tag\-1|tag2)(,|$)` + "\nX-Host: .*\nX-Url: .*\nX-Content-Type: .*", false, "hard tag of a site shop:tag-1, hard tag of a site shop:tag2"},
		{"symfony tags, older", "BAN", "http://a.test/", "X-Cache-Tags: (a|b)(,.+)?$", false, "hard tag of a site shop:a, hard tag of a site shop:b"},
		{"symfony tags, a pattern", "BAN", "http://a.test/", "X-Cache-Tags: (^|,)(a.+)(,|$)", false, "purge-pattern"},
		{"symfony tags, no end", "BAN", "http://a.test/", "X-Cache-Tags: (^|,)(a(,|$)", false, "purge-pattern"},
	} {
		r := getAt(t, c.url, "")
		for line := range strings.Lines(c.lines) {
			name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
			r.Fields.Append([]byte(name), []byte(value))
		}
		r.Verb, r.Method = []byte(c.verb), message.MethodOf([]byte(c.verb))
		if !Purges(r) {
			t.Errorf("%s: no purge", c.name)
		}
		items, reason := PurgeItems(r, "shop", c.soft)
		var all []string
		for _, i := range items {
			how, site := "hard", ""
			if i.Soft {
				how = "soft"
			}
			if i.Site != "" {
				site = i.Site + ":"
			}
			all = append(all, fmt.Sprintf("%s %s %s%s", how, i.Kind, site, i.Name))
		}
		got := strings.Join(all, ", ")
		if reason != message.ReasonNone {
			got += reason.String()
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestPurges(t *testing.T) {
	for verb, want := range map[string]bool{"PURGE": true, "BAN": true, "PURGEKEYS": true, "purge": false, "BANS": false, "GET": false, "POST": false, "REFRESH": false} {
		r := getAt(t, "http://a.test/", "")
		r.Verb, r.Method = []byte(verb), message.MethodOf([]byte(verb))
		if Purges(r) != want {
			t.Errorf("%s: %v", verb, !want)
		}
	}
}
