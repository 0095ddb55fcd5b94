package script

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"brink/test/brinktest"
)

// TestMain lets more scripts run at a time than there are CPUs: most of their
// time they wait.
func TestMain(m *testing.M) {
	flag.Parse()
	parallel := flag.Lookup("test.parallel")
	if parallel.Value.String() == parallel.DefValue {
		if err := parallel.Value.Set("8"); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// TestScripts runs each file of testdata.
func TestScripts(t *testing.T) {
	bin := filepath.Dir(brinktest.Binary(t))
	examples, err := filepath.Abs("../../conf/examples")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds:                commands,
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", bin+string(os.PathListSeparator)+env.Getenv("PATH"))
			env.Setenv("EXAMPLES", examples)
			// tshim of testscript embeds the *testing.T of the script.
			s := &stage{t: env.T().(testing.TB), dir: env.WorkDir, origins: make(map[string]*origin), calls: make(map[string]*call)}
			s.addresses(env)
			env.Values[stageKey{}] = s
			env.Defer(s.close)
			return nil
		},
	})
}
