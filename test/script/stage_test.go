package script

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"brink/test/brinktest"
)

// stage is what a script has running.
type stage struct {
	t       testing.TB
	dir     string
	node    *node
	address string
	admin   string
	origins map[string]*origin
	calls   map[string]*call
}

// call is a request under way.
type call struct {
	done chan struct{}
	text string
	err  error
}

type stageKey struct{}

func stageOf(ts *testscript.TestScript) *stage { return ts.Value(stageKey{}).(*stage) }

func (s *stage) addresses(env interface{ Setenv(key, value string) }) {
	s.address, s.admin = brinktest.FreeAddress(s.t), brinktest.FreeAddress(s.t)
	env.Setenv("NODE", s.address)
	env.Setenv("ADMIN", s.admin)
	env.Setenv("BRINK_ADMIN", s.admin)
}

// close ends the node before its origins, and shows what it said if the script
// failed.
func (s *stage) close() {
	for _, o := range s.origins {
		o.release()
	}
	if s.node != nil {
		if err := s.node.stop(s.dir); err != nil {
			s.t.Error(err)
		}
		if s.t.Failed() {
			log, _ := os.ReadFile(filepath.Join(s.dir, "node.err"))
			s.t.Logf("node.err:\n%s", log)
		}
	}
	for _, o := range s.origins {
		o.close()
	}
	for _, c := range s.calls {
		<-c.done
	}
}

// run starts the node on the addresses of the stage, and on others if somebody
// took those meanwhile.
func (s *stage) run(ts *testscript.TestScript, extra []string, args ...string) {
	for try := 0; ; try++ {
		env := append([]string{"NODE=" + s.address, "ADMIN=" + s.admin}, extra...)
		for name, o := range s.origins {
			env = append(env, variable(name)+"="+o.listener.Addr().String())
		}
		n, err := startNode(s.t, s.dir, env, args...)
		ts.Check(err)
		s.node = n
		err = n.awaitReady(s.admin)
		log := ts.ReadFile("node.err")
		if err == nil {
			return
		}
		if try == 3 || !n.ended() || !strings.Contains(log, "in use") {
			ts.Fatalf("%v:\n%s", err, log)
		}
		s.addresses(ts)
	}
}

// variable returns the name of the variable that has the address of an origin.
func variable(origin string) string { return "ORIGIN_" + strings.ToUpper(origin) }

// eventually asks until ok, for as long as a test may take.
func eventually(ok func() bool) bool {
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			return false
		}
	}
	return true
}
