package semantics

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"brink/edge/message"
	"brink/edge/wire"
	"brink/purge"
	"brink/store"
)

// What a client or an origin may send at most.
const (
	hostileHead        = 64 << 10
	hostileTarget      = 16 << 10
	hostileClientLines = 128
	hostileOriginLines = 256
)

// hostileLimit is how long one decision may take. Work that multiplies two of the
// sizes above takes from 20 ms to half a second; other work takes below 2 ms.
const hostileLimit = 8 * time.Millisecond * raceSlack

// Strangers choose how much there is of two things at a time. No decision looks at
// each of the one for each of the other.
func TestHostileSizes(t *testing.T) {
	for _, c := range hostileCases(t) {
		t.Run(c.name, func(t *testing.T) {
			best := time.Hour
			for range 20 { // the machine may be busy
				began := time.Now()
				c.run()
				if best = min(best, time.Since(began)); best <= hostileLimit {
					return
				}
			}
			t.Errorf("takes %v, more than %v", best, hostileLimit)
		})
	}
}

type hostileCase struct {
	name string
	run  func()
}

func hostileCases(t *testing.T) []hostileCase {
	return append(append(hostileRequests(t), hostileResponses(t)...), hostilePairs(t)...)
}

// fill repeats text up to a number of bytes.
func fill(text string, size int) string { return strings.Repeat(text, size/len(text)) }

// names lists n names of one length that share their beginning.
func names(n int, stem, joint string) string {
	list := make([]string, n)
	for i := range list {
		list[i] = stem + fmt.Sprintf("%05d", i)
	}
	return strings.Join(list, joint)
}

// lines makes n field lines with names like those of names.
func lines(n int, stem, value string) string {
	return strings.ReplaceAll(names(n, stem, "|"), "|", ": "+value+"|") + ": " + value
}

// hostileRequests are what one client alone can make the node do.
func hostileRequests(t *testing.T) (cases []hostileCase) {
	add := func(name, lines string, run func(r *message.Request)) {
		r := getAt(t, "http://a.test/", lines)
		r.Peer = netip.MustParseAddrPort("192.0.2.1:4711")
		cases = append(cases, hostileCase{name, func() { run(r) }})
	}
	var dst wire.Fields
	var buf []byte
	passed := func(r *message.Request) { buf = ForwardFields(&dst, r, &Forward{Node: "n"}, buf[:0]) }
	shared := func(r *message.Request) {
		buf = ForwardFields(&dst, r, &Forward{Node: "n", Shared: new(Rules)}, buf[:0])
	}
	key := func(r *message.Request) { buf = AppendKey(buf[:0], &r.URL, &r.Fields, new(KeyRules)) }
	variant := func(sel ...string) func(r *message.Request) {
		return func(r *message.Request) { buf = AppendVariant(buf[:0], nil, sel, &r.Fields, new(Rules)) }
	}
	unknown := lines(hostileClientLines, "X-"+fill("a", 400), "1")
	nominating := "Connection: " + names(7000, "x-b", ",") + "|" + lines(hostileClientLines, "X-a", "1")
	add("Connection, passed", nominating, passed)
	add("Connection, shared", nominating, shared)
	add("Connection, posted", nominating, func(r *message.Request) {
		AsShared(r, new(Rules), &Response{Status: 200, Fields: new(wire.Fields)})
	})
	add("unknown names, key", unknown, key)
	add("unknown names, listed", unknown, func(r *message.Request) { UnkeyedFields(r, new(KeyRules)) })
	add("credentials, listed", lines(hostileClientLines, "X-Token-"+fill("a", 400), "1"), func(r *message.Request) { Credentials(r, new(KeyRules)) })
	add("switching names", lines(hostileClientLines, "Hx-"+fill("a", 400), "1"), key)
	for name, text := range map[string]string{"open quotes": `"\`, "open quotes and commas": `,\"`, "quotes": `"`, "commas": `,`, "blanks": ` `, "backslashes": `\`} {
		add("variant by a list of "+name, `Accept: ",`+fill(text, hostileHead), variant("accept"))
		add("variant by languages of "+name, `Accept-Language: ",`+fill(text, hostileHead), variant("accept-language"))
		add("codings of "+name, `Accept-Encoding: ",`+fill(text, hostileHead), func(r *message.Request) { normalEncoding(&r.Fields) })
		add("directives of "+name, `Cache-Control: a="`+fill(text, hostileHead), func(r *message.Request) { RequestDirectives(&r.Fields) })
		add("loop of "+name, `CDN-Loop: a;b="`+fill(text, hostileHead)+"|Via: ("+fill(text, 1000), func(r *message.Request) { Looped(&r.Fields, "n", 9) })
		add("entity tags of "+name, `If-None-Match: "`+fill(text, hostileHead), func(r *message.Request) { noneMatchLists(&r.Fields, []byte(`"x"`)) })
		add("trusted way of "+name, `Forwarded: for="`+fill(text, hostileHead), func(r *message.Request) {
			message.Proxies{netip.MustParsePrefix("192.0.2.0/24")}.Believe(r, "http", r.URL.Host)
		})
	}
	add("variant by 16 fields", unknown, variant(strings.Split(names(16, "x-"+fill("a", 400), "|"), "|")...))
	add("languages", "Accept-Language: "+names(9000, "a", ","), func(r *message.Request) { buf = FavouriteLanguage(buf[:0], &r.Fields) })
	cookies := "Cookie: " + fill("a.b[;", hostileHead)
	add("cookies, known", cookies, func(r *message.Request) { IdentifiesUser(r, new(Rules)) })
	add("cookies, sent", "Cookie: "+fill("_ga;", hostileHead), shared)
	add("cookies, named", "Cookie: "+names(9000, "a", ";"), func(r *message.Request) { cookiesSent(&r.Fields) })
	add("cookies, bypass", cookies, func(r *message.Request) {
		(&Bypass{Cookies: []string{"wordpress_logged_in_*", "wp-postpass_*", "session"}}).bypasses(r)
	})
	add("cookies, varied", cookies, variant("cookie"))
	add("ranges", "Range: bytes="+fill("1-2,", hostileHead), func(r *message.Request) { parseRange(r.Fields.Get(wire.Range), 1<<30, nil) })
	add("overlapping ranges", "Range: bytes="+names(16, "0-9", ","), func(r *message.Request) { parseRange(r.Fields.Get(wire.Range), 1<<30, nil) })
	for name, text := range map[string]string{"parameters": ";/", "dots": "../", "escapes": "%25252f", "blanks": "%20/", "long parameters": ";"} {
		target := []byte("/a." + fill(text, hostileTarget))
		add("path of "+name, "", func(*message.Request) {
			var u message.URL
			if _, fault := message.ParseURL(&u, "http", []byte("a.test"), target, nil); fault != message.URLOK {
				t.Fatal(fault)
			}
			for n := range message.Readings {
				buf = message.AppendReading(buf[:0], u.Path, n)
			}
		})
	}
	add("TE", "TE: "+fill("a,", hostileHead), passed)
	return cases
}

// hostileResponses are what an origin alone can make the node do.
func hostileResponses(t *testing.T) (cases []hostileCase) {
	add := func(name, lines string, run func(f *wire.Fields)) {
		f := fieldsAt(lines)
		cases = append(cases, hostileCase{name, func() { run(f) }})
	}
	var h wire.Head
	render := func(f *wire.Fields) { RenderHead(&h, 200, f, 0, HeadOptions{}) }
	many := lines(hostileOriginLines, "X-"+fill("a", 200), "1")
	add("Connection, rendered", "Connection: "+names(8000, "x-a", ",")+"|"+many, render)
	add("Connection of long names, rendered", "Connection: "+names(250, "X-"+fill("a", 200), ",")+"|"+many, render)
	add("Vary", "Vary: "+names(8000, "a", ","), func(f *wire.Fields) { selects(f) })
	add("304", many, func(f *wire.Fields) {
		o := &store.Object{}
		RenderHead(&o.Head, 200, fieldsAt(strings.ReplaceAll(many, ": 1", "b: 1")), 0, HeadOptions{})
		Merge(o, &Response{Status: 304, Fields: f}, 0, HeadOptions{})
	})
	for name, text := range map[string]string{
		"open quotes": `"\`, "open quotes and commas": `,\"`, "quotes": `"`, "commas": `,`, "names": `private="a,b",`, "semicolons": `a;b="`, "open values": `a="`, "single quotes": `'`,
	} {
		for _, field := range []string{"Cache-Control", "CDN-Cache-Control", "Surrogate-Control", "No-Vary-Search", "Cache-Groups", "Surrogate-Key", "Cache-Tag", "xkey", "Vary", "Set-Cookie"} {
			add(field+" of "+name, field+`: ",`+fill(text, hostileHead), func(f *wire.Fields) {
				Store(getAt(t, "http://a.test/", ""), &Response{Status: 200, Fields: f}, new(Rules), Times{})
				ParseSearchPolicy(f)
			})
		}
	}
	add("1024 tags and 1024 others", "", func(*wire.Fields) {
		var a, b []purge.ID
		for i := range uint64(maxTags) {
			a, b = append(a, purge.ID{Hi: i}), append(b, purge.ID{Hi: i, Lo: 1})
		}
		UniteTags(a, b)
	})
	return cases
}

// hostilePairs are what a client and an origin can do together.
func hostilePairs(t *testing.T) (cases []hostileCase) {
	policy := ParseSearchPolicy(fieldsAt(`No-Vary-Search: params=(` + strings.ReplaceAll(names(7000, `"a`, `" `), "|", "") + `")`))
	if policy == nil {
		t.Fatal("no policy")
	}
	query := []byte(names(2000, "a%30", "&"))
	cases = append(cases, hostileCase{"No-Vary-Search and a query", func() { policy.AppendQuery(nil, query) }})

	r := getAt(t, "http://a.test/", "Cookie: "+names(8000, "a", "=1;"))
	set := fieldsAt(strings.TrimSuffix(strings.Repeat("Set-Cookie: b=1|", hostileOriginLines), "|"))
	cases = append(cases, hostileCase{"Set-Cookie and cookies", func() {
		EachSetCookie(r, &Rules{Key: KeyRules{Cookies: []string{"c"}}}, set, func([]byte) {})
	}})

	var variants []*store.Object
	for i := range 64 {
		o := &store.Object{}
		RenderHead(&o.Head, 200, fieldsAt(lines(hostileOriginLines-1, "X-", "1")+`|ETag: "`+strconv.Itoa(i)+`"`), 0, HeadOptions{})
		variants = append(variants, o)
	}
	var dst wire.Fields
	cases = append(cases, hostileCase{"entity tags of 64 variants", func() {
		dst.Reset()
		Validators(&dst, variants)
		Validated(&Response{Status: 304, Fields: fieldsAt(`ETag: "none"`)}, variants)
	}})

	unknown := getAt(t, "http://a.test/", lines(hostileClientLines, "X-"+fill("a", 400), "1"))
	var selectors []store.Selector
	for i := range 8 { // of one URL
		selectors = append(selectors, strings.Split(names(16, "x-"+fill("a", 399)+strconv.Itoa(i), "|"), "|"))
	}
	cases = append(cases, hostileCase{"fields and selectors", func() { Unkeyed(unknown, new(KeyRules), selectors...) }})
	return cases
}
