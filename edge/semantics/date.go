package semantics

import "brink/edge/wire"

// parseDate reads an HTTP-date in any of its three forms (RFC 9110 section
// 5.6.7), in seconds since the Unix epoch: IMF-fixdate, RFC 850 and asctime.
// Letters are compared without case, as RFC 9111 section 4.2 asks of caches;
// everything else is strict: exact spacing, zone GMT, a day that the month
// has. The name of the weekday must be one, but need not be the right one.
// Years of two digits from 70 on are of the 20th century: no HTTP date is
// older than the epoch.
func parseDate(b []byte) (unix int64, ok bool) {
	p := dateParser{b: b, ok: true}
	switch {
	case len(b) == len("Sun, 06 Nov 1994 08:49:37 GMT"):
		return p.imf()
	case len(b) == len("Sun Nov  6 08:49:37 1994"):
		return p.asctime()
	default:
		return p.rfc850()
	}
}

// dateParser cuts pieces off b; ok turns false at the first that does not fit.
type dateParser struct {
	b  []byte
	ok bool
}

func (p *dateParser) imf() (int64, bool) {
	p.name(3, weekdays)
	p.text(", ")
	day := p.number(2)
	p.text(" ")
	month := p.name(3, months)
	p.text(" ")
	year := p.number(4)
	p.text(" ")
	clock := p.clock()
	p.text(" gmt")
	return p.instant(year, month, day, clock)
}

func (p *dateParser) rfc850() (int64, bool) {
	p.longWeekday()
	p.text(", ")
	day := p.number(2)
	p.text("-")
	month := p.name(3, months)
	p.text("-")
	year := p.number(2)
	p.text(" ")
	clock := p.clock()
	p.text(" gmt")
	if year < 70 {
		year += 100
	}
	return p.instant(1900+year, month, day, clock)
}

func (p *dateParser) asctime() (int64, bool) {
	p.name(3, weekdays)
	p.text(" ")
	month := p.name(3, months)
	p.text(" ")
	var day int
	if p.ok && p.b[0] == ' ' {
		p.b = p.b[1:]
		day = p.number(1)
	} else {
		day = p.number(2)
	}
	p.text(" ")
	clock := p.clock()
	p.text(" ")
	year := p.number(4)
	return p.instant(year, month, day, clock)
}

// clock reads "08:49:37". A leap second is the second after it.
func (p *dateParser) clock() int {
	h := p.number(2)
	p.text(":")
	m := p.number(2)
	p.text(":")
	s := p.number(2)
	if h > 23 || m > 59 || s > 60 {
		p.ok = false
	}
	return h*3600 + m*60 + s
}

func (p *dateParser) instant(year, month, day, clock int) (int64, bool) {
	if !p.ok || len(p.b) != 0 || day < 1 || day > daysIn(year, month) {
		return 0, false
	}
	return daysSinceEpoch(year, month, day)*86400 + int64(clock), true
}

// text takes s, which is in lower case.
func (p *dateParser) text(s string) {
	if !p.ok || len(p.b) < len(s) {
		p.ok = false
		return
	}
	for i := range len(s) {
		if wire.Lower(p.b[i]) != s[i] {
			p.ok = false
			return
		}
	}
	p.b = p.b[len(s):]
}

// number takes n digits.
func (p *dateParser) number(n int) (v int) {
	if !p.ok || len(p.b) < n {
		p.ok = false
		return 0
	}
	for _, c := range p.b[:n] {
		if c < '0' || c > '9' {
			p.ok = false
			return 0
		}
		v = v*10 + int(c-'0')
	}
	p.b = p.b[n:]
	return v
}

// name takes n letters that are one of the names in table, each n letters in
// lower case, and returns which, from 1.
func (p *dateParser) name(n int, table string) int {
	if !p.ok || len(p.b) < n {
		p.ok = false
		return 0
	}
	for at := 0; at < len(table); at += n {
		q := dateParser{b: p.b, ok: true}
		if q.text(table[at : at+n]); q.ok {
			p.b = q.b
			return at/n + 1
		}
	}
	p.ok = false
	return 0
}

func (p *dateParser) longWeekday() {
	for _, name := range longWeekdays {
		q := dateParser{b: p.b, ok: true}
		if q.text(name); q.ok {
			p.b = q.b
			return
		}
	}
	p.ok = false
}

const (
	weekdays = "sunmontuewedthufrisat"
	months   = "janfebmaraprmayjunjulaugsepoctnovdec"
)

var longWeekdays = [...]string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// daysSinceEpoch counts in years that begin in March, so that the leap day is
// the last of its year and month lengths follow one formula.
func daysSinceEpoch(year, month, day int) int64 {
	y, m := int64(year), int64(month)-3
	if m < 0 {
		m += 12
		y--
	}
	y += 400 // the year 0 may have become -1; 400 years are a whole number of weeks and cycles
	days := 365*y + y/4 - y/100 + y/400 + (153*m+2)/5 + int64(day) - 1
	return days - epochDays
}

// epochDays is 1 March of the year -400 to 1 January 1970.
const epochDays = 719468 + 146097

// AppendDate appends unix, in seconds since the epoch, as IMF-fixdate. What
// lies outside of the years 0 to 9999 is moved to their edge.
func AppendDate(dst []byte, unix int64) []byte {
	const first, last = -62167219200, 253402300799
	unix = min(max(unix, first), last)
	days := (unix - first) / 86400
	clock := (unix - first) % 86400
	year, month, day := civil(days - -first/86400)
	weekday := (days + 6) % 7 // 1 January of the year 0 was a Saturday
	dst = append(dst, properWeekdays[3*weekday:3*weekday+3]...)
	dst = append(dst, ',', ' ')
	dst = appendTwo(dst, day)
	dst = append(dst, ' ')
	dst = append(dst, properMonths[3*(month-1):3*month]...)
	dst = append(dst, ' ')
	dst = appendTwo(dst, year/100)
	dst = appendTwo(dst, year%100)
	dst = append(dst, ' ')
	dst = appendTwo(dst, int(clock/3600))
	dst = append(dst, ':')
	dst = appendTwo(dst, int(clock/60%60))
	dst = append(dst, ':')
	dst = appendTwo(dst, int(clock%60))
	return append(dst, " GMT"...)
}

const (
	properWeekdays = "SunMonTueWedThuFriSat"
	properMonths   = "JanFebMarAprMayJunJulAugSepOctNovDec"
)

func appendTwo(dst []byte, n int) []byte {
	return append(dst, byte('0'+n/10), byte('0'+n%10))
}

// civil is the inverse of daysSinceEpoch.
func civil(days int64) (year, month, day int) {
	days += epochDays
	cycle := days / 146097
	days %= 146097
	y := (days - days/1460 + days/36524 - days/146096) / 365
	days -= 365*y + y/4 - y/100
	m := (5*days + 2) / 153
	day = int(days-(153*m+2)/5) + 1
	y += 400*cycle - 400
	if m < 10 {
		return int(y), int(m) + 3, day
	}
	return int(y) + 1, int(m) - 9, day
}
