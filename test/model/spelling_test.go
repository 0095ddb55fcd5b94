package model

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// The order of field lines, the case of their names, blanks around values and
// whether a list is on one line or on several make no difference (RFC 9110
// sections 5.1 to 5.6).
func TestSpellingDoesNotMatter(t *testing.T) {
	o := newOrigin(t)
	check(t, 150, func(t *rapid.T) {
		s := drawScript(t)
		rng := rand.New(rand.NewPCG(1, rapid.Uint64().Draw(t, "spelling")))
		respell := func(lines []string) []string { return spellOtherwise(rng, lines) }
		s.compare(t, o, setting{requests: respell, responses: respell})
	})
}

// A site and a rule elsewhere make no difference.
func TestUnrelatedConfDoesNotMatter(t *testing.T) {
	o := newOrigin(t)
	check(t, 150, func(t *rapid.T) {
		drawScript(t).compare(t, o, setting{conf: confText + confUnrelated})
	})
}

// When it all happens makes no difference.
func TestDateDoesNotMatter(t *testing.T) {
	o := newOrigin(t)
	check(t, 150, func(t *rapid.T) {
		days := rapid.IntRange(-18_000, 18_000).Draw(t, "days")
		odd := rapid.IntRange(0, 86_399).Draw(t, "seconds")
		at := noon + time.Duration(days)*24*time.Hour + time.Duration(odd)*time.Second
		drawScript(t).compare(t, o, setting{at: at})
	})
}

// lists are the fields that may be split at their commas.
var lists = map[string]bool{
	"accept-language": true, "accept-encoding": true, "if-none-match": true, "cache-control": true, "vary": true,
}

// spellOtherwise writes field lines with the same meaning in another way.
func spellOtherwise(rng *rand.Rand, lines []string) []string {
	type line struct{ name, value string }
	var all []line
	for i := 0; i < len(lines); i += 2 {
		name, values := lines[i], []string{lines[i+1]}
		if lists[strings.ToLower(name)] && rng.IntN(2) == 0 {
			values = strings.Split(lines[i+1], ",")
		}
		for _, v := range values {
			all = append(all, line{name, v})
		}
	}
	// Field lines with different names change places. Lines with the same name keep their
	// order.
	for range 20 {
		i := rng.IntN(len(all))
		if i > 0 && !strings.EqualFold(all[i].name, all[i-1].name) {
			all[i], all[i-1] = all[i-1], all[i]
		}
	}
	var out []string
	blanks := []string{"", " ", "\t", " \t "}
	for _, l := range all {
		value := blanks[1+rng.IntN(3)] + strings.TrimSpace(l.value) + blanks[rng.IntN(4)]
		out = append(out, otherCase(rng, l.name), value)
	}
	return out
}

func otherCase(rng *rand.Rand, name string) string {
	b := []byte(strings.ToLower(name))
	for i := range b {
		if rng.IntN(2) == 0 {
			b[i] = strings.ToUpper(string(b[i]))[0]
		}
	}
	return string(b)
}
