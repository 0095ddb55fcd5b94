package conf

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// multiples are the units of sizes.
var multiples = []struct {
	name  string
	bytes Size
}{
	{"", 1},
	{"B", 1},
	{"KiB", 1 << 10},
	{"MiB", 1 << 20},
	{"GiB", 1 << 30},
	{"TiB", 1 << 40},
	{"KB", 1e3},
	{"MB", 1e6},
	{"GB", 1e9},
	{"TB", 1e12},
}

// parseSize reads "64KiB", "10MB", "2GiB" and plain "1024". There is no sign
// and no fraction.
func parseSize(text string) (Size, *fault) {
	if text == "" {
		return 0, wrong("a size is expected, not an empty text").meant(`"0"`)
	}
	if strings.HasPrefix(text, "-") {
		return 0, wrong("%q is negative", text)
	}
	number, unit, rest := cutQuantity(text)
	bytes := multipleOf(unit)
	if number == "" || rest != "" || bytes == 0 {
		return 0, badSize(text)
	}
	count, err := strconv.ParseInt(number, 10, 64)
	if err != nil || count > math.MaxInt64/int64(bytes) {
		return 0, wrong("%q is more than there is", text)
	}
	return Size(count) * bytes, nil
}

func multipleOf(name string) Size {
	for _, m := range multiples {
		if m.name == name {
			return m.bytes
		}
	}
	return 0
}

func badSize(text string) *fault {
	f := wrong("%q is not a size", text)
	number, unit, rest := cutQuantity(text)
	if right := properMultiple(unit); number != "" && rest == "" && right != "" {
		return f.meant(strconv.Quote(number + right))
	}
	return f.hinted(`a size is written like "64KiB", "256MiB", "2GiB", "10MB" or "1024"`)
}

// properMultiple maps units of other formats to the units of brink.
func properMultiple(unit string) string {
	unit = strings.ToUpper(strings.TrimSpace(unit))
	if len(unit) == 1 && strings.Contains("KMGT", unit) {
		return unit + "iB"
	}
	for _, m := range multiples {
		if m.name != "" && strings.ToUpper(m.name) == unit {
			return m.name
		}
	}
	return ""
}

// formatSize returns a text that parseSize reads as s.
func formatSize(s Size) string {
	name, bytes := "", Size(1)
	for _, m := range multiples {
		if s > 0 && s%m.bytes == 0 && m.bytes > bytes {
			name, bytes = m.name, m.bytes
		}
	}
	return strconv.FormatInt(int64(s/bytes), 10) + name
}

// Rounded returns the size as people read it: "1.5 GiB".
func (s Size) Rounded() string {
	for _, u := range []struct {
		name  string
		bytes Size
	}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}} {
		if s >= u.bytes {
			return fmt.Sprintf("%.1f %s", float64(s)/float64(u.bytes), u.name)
		}
	}
	return fmt.Sprintf("%d bytes", int64(s))
}
