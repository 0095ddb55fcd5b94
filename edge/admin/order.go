package admin

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"brink/purge"
)

const (
	maxOrderBody  = 4 << 20 // bytes
	maxOrderItems = 10_000  // tags count once for each of their sites

	defaultTimeout = 10 * time.Second // of wait=fleet
	maxTimeout     = time.Minute
)

// lists are the lists of names that an order may have.
var lists = []struct {
	name string
	word string // for one name of the list, in the conf
	kind purge.Kind
}{
	{"urls", "url", purge.URL}, {"prefixes", "prefix", purge.Prefix}, {"tags", "tag", purge.Tag},
	{"hosts", "host", purge.Host}, {"sites", "site", purge.Site},
}

const (
	// subjects are the members of an order that say what to purge.
	subjects = "urls, prefixes, tags, hosts, sites, all"
	// members are all that an order may have.
	members = subjects + ", soft, wait, timeout"
)

// order is the body of a call to purge.
type order struct {
	names map[purge.Kind][]string // nil: the list was not there
	all   bool
	soft  bool
	wait  Wait

	timeout time.Duration // of waiting for the fleet
}

// position is the position of an item in an order.
type position struct {
	list  string
	index int
}

func (p position) String() string {
	if p.list == "all" {
		return p.list
	}
	return p.list + "[" + strconv.Itoa(p.index) + "]"
}

// orderItem is an item and its position in the order.
type orderItem struct {
	purge.Item
	position
}

func badOrder(message, hint string) *failure {
	return fail(http.StatusBadRequest, "bad_purge", clip(message), hint)
}

// readBody reads the whole body of a request.
func readBody(r *request, limit int64) ([]byte, *failure) {
	body, err := io.ReadAll(r.Body)
	if err == nil {
		return body, nil
	}
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return nil, tooLarge(limit)
	}
	return nil, fail(http.StatusBadRequest, "bad_body", "the request's body was cut off", "send it whole")
}

// parseOrder reads an order. It refuses a member that is not well-formed, and never repairs
// one: an operator would notice too late that something else was purged.
func parseOrder(body []byte) (*order, *failure) {
	if at := invalidUTF8(body); at >= 0 {
		return nil, badOrder("the body is not UTF-8 at byte "+strconv.Itoa(at), "send JSON in UTF-8")
	}
	var values map[string]json.RawMessage
	if err := json.Unmarshal(body, &values); err != nil {
		return nil, badOrder("the body is not a JSON object: "+err.Error(), `as in {"urls":["http://host/path"]}`)
	}
	if at := loneSurrogate(body); at >= 0 {
		return nil, badOrder("there is half a surrogate pair at byte "+strconv.Itoa(at)+", which stands for no character",
			`write the character itself, or both halves, as in "\ud83d\ude00"`)
	}
	if name := repeatedMember(body); name != "" {
		return nil, badOrder(quote(name)+" is there twice", "put all of it into one")
	}
	o := &order{names: make(map[purge.Kind][]string), wait: WaitNode, timeout: defaultTimeout}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if f := o.member(name, values[name]); f != nil {
			return nil, f
		}
	}
	return o, nil
}

// invalidUTF8 returns the index of the first byte that is not UTF-8, and -1 if there is none.
func invalidUTF8(body []byte) int {
	for i := 0; i < len(body); {
		r, n := utf8.DecodeRune(body[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return -1
}

// loneSurrogate returns the index of the first escape for half a surrogate pair in a body of
// valid JSON, and -1 if there is none. Such an escape would be decoded as U+FFFD, which makes
// another name.
func loneSurrogate(body []byte) int {
	for i := 0; i < len(body); i++ {
		if body[i] != '\\' {
			continue
		}
		switch first := escaped(body[i:]); {
		case !utf16.IsSurrogate(first):
			i++ // the next byte begins no escape
		case utf16.DecodeRune(first, escaped(body[i+escapeSize:])) == utf8.RuneError:
			return i
		default:
			i += 2*escapeSize - 1
		}
	}
	return -1
}

// escapeSize is the length of an escape as in \u00e9.
const escapeSize = 6

// escaped returns the character of an escape as in \u00e9 at the start of b, and 0 if there is
// none.
func escaped(b []byte) rune {
	if len(b) < escapeSize || b[0] != '\\' || b[1] != 'u' {
		return 0
	}
	n, err := strconv.ParseUint(string(b[2:escapeSize]), 16, 16)
	if err != nil {
		return 0
	}
	return rune(n)
}

// repeatedMember returns the name of a member that a JSON object has twice, and "" if there is
// none. The body must be valid JSON.
func repeatedMember(body []byte) string {
	d := json.NewDecoder(bytes.NewReader(body))
	if _, err := d.Token(); err != nil {
		return ""
	}
	seen := make(map[string]bool)
	for d.More() {
		token, err := d.Token()
		name, _ := token.(string)
		var value json.RawMessage
		if err != nil || d.Decode(&value) != nil {
			return ""
		}
		if seen[name] {
			return name
		}
		seen[name] = true
	}
	return ""
}

func (o *order) member(name string, value json.RawMessage) *failure {
	for _, l := range lists {
		if l.name == name {
			names, f := readNames(name, value)
			if names == nil && l.kind == purge.Tag {
				names = []string{} // with sites it means none of their tags, not the whole sites
			}
			o.names[l.kind] = names
			return f
		}
	}
	switch name {
	case "all":
		return readFlag(name, value, &o.all)
	case "soft":
		return readFlag(name, value, &o.soft)
	case "wait":
		if json.Unmarshal(value, &o.wait) != nil || o.wait != WaitNode && o.wait != WaitFleet {
			return badOrder(`wait: it is neither "node" nor "fleet"`, `leave it out for "node"`)
		}
		return nil
	case "timeout":
		return o.readTimeout(value)
	}
	return badOrder("there is no "+quote(name), "there are: "+members)
}

func (o *order) readTimeout(value json.RawMessage) *failure {
	var text string
	err := json.Unmarshal(value, &text)
	if err == nil {
		o.timeout, err = time.ParseDuration(text)
	}
	if err != nil || o.timeout <= 0 || o.timeout > maxTimeout {
		return badOrder("timeout: it is not a duration of up to "+maxTimeout.String(), `as in "500ms" or "30s"`)
	}
	return nil
}

// readNames reads a list of strings. It returns nil for null.
func readNames(list string, value json.RawMessage) ([]string, *failure) {
	var values []json.RawMessage
	if json.Unmarshal(value, &values) != nil {
		return nil, badOrder(list+" is not a list", "as in \""+list+"\":[\"...\"], also for a single one")
	}
	if values == nil {
		return nil, nil
	}
	names := make([]string, len(values))
	for i, v := range values {
		switch json.Unmarshal(v, &names[i]) {
		case nil:
			if names[i] != "" {
				continue
			}
			return nil, badOrder(position{list, i}.String()+" is empty", "leave it out, or say what is to be purged")
		default:
			return nil, badOrder(position{list, i}.String()+" is not a text", "write it in double quotes")
		}
	}
	return names, nil
}

func readFlag(name string, value json.RawMessage, flag *bool) *failure {
	if json.Unmarshal(value, flag) != nil {
		return badOrder(name+" is neither true nor false", "write it without quotes")
	}
	return nil
}

// purged returns the names of a kind that the order purges. If the order has tags, its sites
// only say whose tags these are, and are not purged themselves.
func (o *order) purged(kind purge.Kind) []string {
	if kind == purge.Site && o.names[purge.Tag] != nil {
		return nil
	}
	return o.names[kind]
}

// items returns the items that the order purges. If it names no sites, tags and "all" are
// limited to the sites in own; nil means all sites.
func (o *order) items(own []string) (all []orderItem, f *failure) {
	add := func(kind purge.Kind, name, site string, at position) {
		all = append(all, orderItem{purge.Item{Kind: kind, Soft: o.soft, Name: name, Site: site}, at})
	}
	sites := o.names[purge.Site]
	if sites == nil {
		sites = own
	}
	for _, l := range lists {
		for i, name := range o.purged(l.kind) {
			at := position{l.name, i}
			if l.kind != purge.Tag || sites == nil {
				add(l.kind, name, "", at)
			} else {
				for _, site := range sites {
					add(purge.SiteTag, name, site, at)
				}
			}
			if len(all) > maxOrderItems {
				return nil, tooMany(maxOrderItems)
			}
		}
	}
	switch at := (position{list: "all"}); {
	case o.all && own != nil:
		for _, site := range own {
			add(purge.Site, site, "", at)
		}
	case o.all:
		add(purge.All, "", "", at)
	}
	if len(all) == 0 {
		return nil, badOrder("nothing is named that is to be purged", "give at least one of: "+subjects)
	}
	return all, nil
}

func tooMany(limit int) *failure {
	return fail(http.StatusRequestEntityTooLarge, "too_many_items", fmt.Sprintf("more than %d items are to be purged", limit),
		"send several calls, or purge a prefix or a tag that covers them; tags count once for each of their sites")
}

// ofHost reports whether an item is part of one host.
func (p *orderItem) ofHost() bool {
	return p.Kind == purge.URL || p.Kind == purge.Prefix || p.Kind == purge.Host
}

// clip shortens a message that may have text of the request in it.
func clip(message string) string {
	if len(message) > 300 {
		message = strings.ToValidUTF8(message[:300], "") + "..."
	}
	return message
}
