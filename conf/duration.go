package conf

import (
	"strconv"
	"strings"
	"time"
)

// units are the units of durations, largest first.
var units = []struct {
	name string
	long time.Duration
}{
	{"w", 7 * 24 * time.Hour},
	{"d", 24 * time.Hour},
	{"h", time.Hour},
	{"m", time.Minute},
	{"s", time.Second},
	{"ms", time.Millisecond},
}

// longest is a hundred years. The current time plus longest still fits into an int64 of
// nanoseconds since 1970.
const longest = 36500 * 24 * time.Hour

// parseDuration reads "250ms", "5s", "1h30m", "30d". There is no sign and no
// fraction.
func parseDuration(text string) (time.Duration, *fault) {
	if text == "" {
		return 0, wrong("a duration is expected, not an empty text").meant(`"0s"`)
	}
	if strings.HasPrefix(text, "-") {
		return 0, wrong("%q is negative", text)
	}
	var sum time.Duration
	for rest := text; rest != ""; {
		number, unit, tail := cutQuantity(rest)
		long := unitOf(unit)
		count, err := strconv.ParseInt(number, 10, 64)
		switch {
		case number == "" || (err == nil && long == 0):
			return 0, badDuration(text)
		case err != nil || count > int64(longest/long) || sum+time.Duration(count)*long > longest:
			return 0, wrong("%q is more than a hundred years", text)
		}
		sum += time.Duration(count) * long
		rest = tail
	}
	return sum, nil
}

// cutQuantity splits off leading digits and the letters after them.
func cutQuantity(s string) (number, unit, rest string) {
	i := 0
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	j := i
	for j < len(s) && (s[j] < '0' || s[j] > '9') {
		j++
	}
	return s[:i], s[i:j], s[j:]
}

func unitOf(name string) time.Duration {
	for _, u := range units {
		if u.name == name {
			return u.long
		}
	}
	return 0
}

func badDuration(text string) *fault {
	number, unit, rest := cutQuantity(text)
	if number != "" && unit == "" {
		return wrong("%q has no unit", text).meant(strconv.Quote(text + "s"))
	}
	f := wrong("%q is not a duration", text)
	if right := properUnit(unit); number != "" && rest == "" && right != "" {
		return f.meant(strconv.Quote(number + right))
	}
	return f.hinted(`a duration is written like "250ms", "5s", "10m", "2h", "30d", "1w" or "1h30m"`)
}

// properUnit maps units of other formats to the units of brink.
func properUnit(unit string) string {
	switch strings.ToLower(strings.TrimSpace(unit)) {
	case "s", "sec", "secs", "second", "seconds":
		return "s"
	case "m", "min", "mins", "minute", "minutes":
		return "m"
	case "h", "hr", "hrs", "hour", "hours":
		return "h"
	case "d", "day", "days":
		return "d"
	case "w", "week", "weeks":
		return "w"
	case "ms", "msec", "millis", "millisecond", "milliseconds":
		return "ms"
	}
	return ""
}

// formatDuration returns a text that parseDuration reads as d, cut to the millisecond.
func formatDuration(d time.Duration) string {
	if d < time.Millisecond {
		return "0s"
	}
	var b strings.Builder
	for _, u := range units {
		if n := d / u.long; n > 0 {
			b.WriteString(strconv.FormatInt(int64(n), 10))
			b.WriteString(u.name)
			d -= n * u.long
		}
	}
	return b.String()
}
