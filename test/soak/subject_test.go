package soak

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// kind is a class of URLs, by the first segment of their paths.
type kind struct {
	control  string // Cache-Control of the answers
	vary     string
	personal string // "Cookie" or "Authorization": which names whose content it is; "": nobody's
	cookie   bool   // answers set a cookie that names the user
	varied   bool   // by language, coding and tier
	fails    bool   // now and then
	paths    int    // how many URLs there are
}

// kinds are all that is asked for.
var kinds = map[string]kind{
	"public":  {control: "public, max-age=3600", paths: 48},
	"short":   {control: "max-age=1, stale-while-revalidate=2", paths: 16},
	"varied":  {control: "max-age=600", vary: "Accept-Language, Accept-Encoding, X-Tier", varied: true, paths: 4},
	"private": {control: "private, max-age=600", personal: "Cookie", paths: 4},
	"cookie":  {control: "max-age=600", personal: "Cookie", cookie: true, paths: 4},
	"own":     {control: "max-age=600", vary: "Cookie", personal: "Cookie", paths: 4},
	"auth":    {control: "max-age=600", personal: "Authorization", paths: 4},
	"nostore": {control: "no-store", paths: 4},
	"fail":    {control: "max-age=1, stale-if-error=60", fails: true, paths: 8},
}

// kindNames repeats the names of kinds as often as they are asked for.
var kindNames = strings.Fields("public public public public short short varied varied private cookie own auth nostore fail")

// token says what an answer is: of which URL, variant, user and version. The
// body follows from it.
type token struct {
	path, variant, user string
	version             int64
}

func (t token) String() string {
	return fmt.Sprintf("%s|%s|%s|%d", t.path, t.variant, t.user, t.version)
}

func parseToken(s string) (t token, err error) {
	parts := strings.Split(s, "|")
	if len(parts) != 4 {
		return t, fmt.Errorf("token %q", s)
	}
	t.path, t.variant, t.user = parts[0], parts[1], parts[2]
	t.version, err = strconv.ParseInt(parts[3], 10, 64)
	return t, err
}

// sum is a number that belongs to t.
func (t token) sum() uint64 {
	h := fnv.New64a()
	h.Write([]byte(t.String()))
	return h.Sum64()
}

// tag is the entity tag of what t names.
func (t token) tag() string { return strconv.Quote(strconv.FormatUint(t.sum(), 36)) }

// size is the length of the body, from 0 to 1 MiB: mostly short.
func (t token) size() int64 {
	rng := rand.New(rand.NewPCG(t.sum(), 1))
	switch p := rng.IntN(100); {
	case p < 5:
		return 0
	case p < 50:
		return rng.Int64N(1 << 10)
	case p < 80:
		return rng.Int64N(16 << 10)
	case p < 95:
		return rng.Int64N(128 << 10)
	case p < 99:
		return rng.Int64N(400 << 10)
	}
	return rng.Int64N(1<<20 + 1)
}

// versions are the versions of all URLs.
type versions struct{ all sync.Map }

func (v *versions) of(path string) *atomic.Int64 {
	n, _ := v.all.LoadOrStore(path, new(atomic.Int64))
	return n.(*atomic.Int64)
}

// raise sets n to at least to.
func raise(n *atomic.Int64, to int64) {
	for old := n.Load(); old < to && !n.CompareAndSwap(old, to); old = n.Load() {
	}
}
