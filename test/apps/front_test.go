package apps

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"brink/test/brinktest"
)

// front is a node in front of an application.
type front struct {
	*brinktest.Node

	app    string // as the table names it
	host   string // of the site
	origin string // address of the application

	mu sync.Mutex

	answers []answer // all that visitors got
}

var (
	listenAddress = regexp.MustCompile(`address\s*= "[^"]*:8080"`)
	serverURL     = regexp.MustCompile(`server "http://[0-9.:]+"`)
)

// startFront starts a node with an example of conf/examples, which differs from what
// an operator copies only in the addresses.
func startFront(t *testing.T, app, example, host, origin string) *front {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../../conf/examples", example))
	if err != nil {
		t.Fatal(err)
	}
	return startFrontOn(t, app, string(text), host, origin)
}

// startFrontOn starts a node with a conf.
func startFrontOn(t *testing.T, app, conf, host, origin string) *front {
	t.Helper()
	at := brinktest.Place{Address: brinktest.FreeAddress(t), Admin: brinktest.FreeAddress(t)}
	for pattern, with := range map[*regexp.Regexp]string{
		listenAddress: `address = "` + at.Address + `"`,
		serverURL:     `server "http://` + origin + `"`,
	} {
		if len(pattern.FindAllString(conf, -1)) != 1 {
			t.Fatalf("the conf for %s has not one match of %s", app, pattern)
		}
		conf = pattern.ReplaceAllLiteralString(conf, with)
	}
	return &front{Node: brinktest.StartAt(t, at, conf+"\n$ADMIN\n"), app: app, host: host, origin: origin}
}

// url returns the URL of a path as visitors know it.
func (f *front) url(path string) string {
	if strings.HasPrefix(path, "http://") {
		return path
	}
	return "http://" + f.host + path
}

func (f *front) record(a answer) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answers = append(f.answers, a)
}
