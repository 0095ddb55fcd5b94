package conf

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// assign reads the value of a into the field of target that s names. It always makes
// new lists and maps, as several rules may share the old ones by inheritance.
func (d *decoder) assign(s *setting, a *attribute, target any) *fault {
	switch field := s.field(target).(type) {
	case *string:
		return into(field, a.value, s.text)
	case *bool:
		return into(field, a.value, readBool)
	case *int:
		return into(field, a.value, s.integer)
	case *float64:
		return into(field, a.value, s.number)
	case *Size:
		return into(field, a.value, s.size)
	case *time.Duration:
		return into(field, a.value, s.duration)
	case **time.Duration:
		var long time.Duration
		f := into(&long, a.value, s.duration)
		if f == nil {
			*field = &long
		}
		return f
	case *[]string:
		return into(field, a.value, s.texts)
	case *[]int:
		return into(field, a.value, s.integers)
	case *[]netip.Prefix:
		return into(field, a.value, s.networks)
	case *map[int]time.Duration:
		return into(field, a.value, s.statuses)
	case *[]Field:
		return into(field, a.value, s.fields)
	}
	panic("BUG: the setting " + s.name + " has no type")
}

// into sets field to the value of x. A fault without a place gets the place of x.
func into[T any](field *T, x hclsyntax.Expression, read func(hclsyntax.Expression) (T, *fault)) *fault {
	v, f := read(x)
	if f == nil {
		*field = v
	} else {
		f.placed(x.Range())
	}
	return f
}

// placed gives f a place if it has none yet.
func (f *fault) placed(at hcl.Range) *fault {
	if f.at.Filename == "" && f.at.Start.Line == 0 {
		f.at = at
	}
	return f
}

func (s *setting) text(x hclsyntax.Expression) (string, *fault) {
	text, f := readText(x)
	if f != nil {
		return "", f
	}
	switch {
	case s.words != nil:
		return text, s.oneOf(text)
	case s.blank:
		return text, nil
	case strings.TrimSpace(text) == "":
		return "", wrong("the text is blank")
	case s.check != nil:
		return text, s.check(text)
	}
	return text, nil
}

func (s *setting) oneOf(word string) *fault {
	if slices.Contains(s.words, word) {
		return nil
	}
	f := wrong("%q is none of %s", word, quoted(s.words))
	if right := nearest(strings.ToLower(word), s.words); right != "" {
		return f.meant(right)
	}
	if slices.Contains(s.words, strings.ToLower(word)) {
		return f.meant(strconv.Quote(strings.ToLower(word)))
	}
	return f
}

func quoted(words []string) string {
	all := make([]string, len(words))
	for i, w := range words {
		all[i] = strconv.Quote(w)
	}
	return strings.Join(all, ", ")
}

func (s *setting) integer(x hclsyntax.Expression) (int, *fault) {
	v, f := readNumber(x)
	if f != nil {
		return 0, f
	}
	if v != float64(int(v)) {
		return 0, wrong("a whole number is expected, not %v", v)
	}
	return int(v), s.limits(v, strconv.FormatFloat(v, 'f', -1, 64), strconv.Itoa(int(s.least)), strconv.Itoa(int(s.most)))
}

func (s *setting) number(x hclsyntax.Expression) (float64, *fault) {
	v, f := readNumber(x)
	if f != nil {
		return 0, f
	}
	plain := func(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
	return v, s.limits(v, plain(v), plain(s.least), plain(s.most))
}

func (s *setting) size(x hclsyntax.Expression) (Size, *fault) {
	text, f := readQuantity(x, "size", `"64KiB"`)
	if f != nil {
		return 0, f
	}
	v, f := parseSize(text)
	if f != nil {
		return 0, f
	}
	return v, s.limits(float64(v), formatSize(v), formatSize(Size(s.least)), formatSize(Size(s.most)))
}

func (s *setting) duration(x hclsyntax.Expression) (time.Duration, *fault) {
	text, f := readQuantity(x, "duration", `"10s"`)
	if f != nil {
		return 0, f
	}
	v, f := parseDuration(text)
	if f != nil {
		return 0, f
	}
	plain := func(v float64) string { return formatDuration(time.Duration(v)) }
	return v, s.limits(float64(v), plain(float64(v)), plain(s.least), plain(s.most))
}

// limits checks a number against least and most. The texts are the three numbers as
// the conf writes them.
func (s *setting) limits(v float64, shown, least, most string) *fault {
	switch {
	case s.above && v <= s.least:
		return wrong("must be more than %s", least)
	case v < s.least:
		return wrong("%s is less than the least possible, %s", shown, least)
	case s.most > 0 && v > s.most:
		return wrong("%s is more than the most possible, %s", shown, most)
	}
	return nil
}

func (s *setting) texts(x hclsyntax.Expression) ([]string, *fault) {
	list, f := readList(x)
	if f != nil {
		return nil, f
	}
	all := make([]string, 0, len(list))
	seen := make(map[string]hcl.Range, len(list))
	for _, item := range list {
		text, f := s.text(item)
		if f != nil {
			return nil, f.placed(item.Range())
		}
		same := text
		if s.fold {
			same = strings.ToLower(text)
		}
		if first, twice := seen[same]; twice {
			return nil, wrong("%q is written twice", text).in(item.Range()).before(first)
		}
		seen[same] = item.Range()
		all = append(all, text)
	}
	return all, nil
}

// integers reads a list of whole numbers, each within the limits.
func (s *setting) integers(x hclsyntax.Expression) ([]int, *fault) {
	list, f := readList(x)
	if f != nil {
		return nil, f
	}
	all := make([]int, 0, len(list))
	for _, item := range list {
		n, f := s.integer(item)
		if f == nil && slices.Contains(all, n) {
			f = wrong("%d is written twice", n)
		}
		if f != nil {
			return nil, f.placed(item.Range())
		}
		all = append(all, n)
	}
	return all, nil
}

// networks reads addresses and networks.
func (s *setting) networks(x hclsyntax.Expression) ([]netip.Prefix, *fault) {
	list, f := readList(x)
	if f != nil {
		return nil, f
	}
	if len(list) == 0 {
		return nil, wrong("the list is empty").hinted(`for this machine alone, write ["127.0.0.1", "::1"]`)
	}
	all := make([]netip.Prefix, 0, len(list))
	for _, item := range list {
		text, f := readText(item)
		var network netip.Prefix
		if f == nil {
			network, f = parseNetwork(text)
		}
		if f == nil && slices.Contains(all, network) {
			f = wrong("%q is written twice", text)
		}
		if f != nil {
			return nil, f.placed(item.Range())
		}
		all = append(all, network)
	}
	return all, nil
}

// statuses reads { "404" = "10s" }.
func (s *setting) statuses(x hclsyntax.Expression) (map[int]time.Duration, *fault) {
	list, f := readPairs(x, `{ "404" = "10s" }`)
	if f != nil {
		return nil, f
	}
	all := make(map[int]time.Duration, len(list))
	for _, p := range list {
		status, err := strconv.Atoi(p.key)
		if err != nil || status < 400 || status > 599 {
			return nil, wrong("%q is not an error status: 400 to 599", p.key).in(p.at)
		}
		long, f := s.duration(p.value)
		if f != nil {
			return nil, f.placed(p.value.Range())
		}
		all[status] = long
	}
	return all, nil
}

// fields reads { "X-Name" = "value" }, in the order written.
func (s *setting) fields(x hclsyntax.Expression) ([]Field, *fault) {
	list, f := readPairs(x, `{ "X-Name" = "value" }`)
	if f != nil {
		return nil, f
	}
	all := make([]Field, 0, len(list))
	for _, p := range list {
		if f := s.check(p.key); f != nil {
			return nil, f.placed(p.at)
		}
		value, f := readText(p.value)
		if f == nil {
			f = s.checkValue(value)
		}
		if f != nil {
			return nil, f.placed(p.value.Range())
		}
		all = append(all, Field{Name: p.key, Value: value})
	}
	return all, nil
}
