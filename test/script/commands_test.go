package script

import (
	"flag"
	"io"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"brink/test/brinktest"
)

// commands are those that doc.go lists.
var commands = map[string]func(ts *testscript.TestScript, neg bool, args []string){
	"origin":  plain(1, startOriginCommand),
	"down":    plain(1, downCommand),
	"release": plain(0, releaseCommand),
	"asked":   plain(2, askedCommand),
	"seen":    plain(1, seenCommand),
	"node":    plain(-1, nodeCommand),
	"conf":    plain(-1, confCommand),
	"signal":  plain(1, signalCommand),
	"exited":  plain(1, exitedCommand),
	"get":     asking(func(s *stage) string { return s.address }),
	"admin":   asking(func(s *stage) string { return s.admin }),
	"got":     gotCommand,
	"settled": plain(0, settledCommand),
	"metric":  plain(2, metricCommand),
	"await":   plain(2, awaitCommand),
}

// plain makes a command of n arguments (-1: any number) that has no negation.
func plain(n int, run func(ts *testscript.TestScript, args []string)) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg || n >= 0 && len(args) != n {
			ts.Fatalf("wants %d arguments, and no !", n)
		}
		run(ts, args)
	}
}

func startOriginCommand(ts *testscript.TestScript, args []string) {
	s := stageOf(ts)
	o, err := startOrigin(brinktest.FreeAddress(s.t), ts.ReadFile("origin/"+args[0]))
	ts.Check(err)
	s.origins[args[0]] = o
	ts.Setenv(variable(args[0]), o.listener.Addr().String())
}

func downCommand(ts *testscript.TestScript, args []string) {
	o := stageOf(ts).origins[args[0]]
	if o == nil {
		ts.Fatalf("there is no origin %s", args[0])
	}
	o.close()
}

func releaseCommand(ts *testscript.TestScript, _ []string) {
	for _, o := range stageOf(ts).origins {
		o.release()
	}
}

func askedCommand(ts *testscript.TestScript, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	var n int
	eventually(func() bool {
		n = 0
		for _, o := range stageOf(ts).origins {
			n += o.count(args[1])
		}
		return n >= want
	})
	if n != want {
		ts.Fatalf("asked %d times for %s, not %d", n, args[1], want)
	}
}

func seenCommand(ts *testscript.TestScript, args []string) {
	for _, o := range stageOf(ts).origins {
		if text := o.last(args[0]); text != "" {
			io.WriteString(ts.Stdout(), text)
			return
		}
	}
	ts.Fatalf("nobody asked for %s", args[0])
}

func nodeCommand(ts *testscript.TestScript, args []string) {
	s := stageOf(ts)
	if s.node != nil && !s.node.ended() {
		ts.Fatalf("a node runs already")
	}
	if slices.Equal(args, []string{"-demo"}) {
		s.run(ts, nil, "demo", "--listen", s.address, "--admin", s.admin)
		return
	}
	n := slices.IndexFunc(args, func(a string) bool { return !strings.Contains(a, "=") })
	if n < 0 {
		n = len(args)
	}
	confCommand(ts, args[n:])
	s.run(ts, args[:n], "serve", "node.hcl")
}

func confCommand(ts *testscript.TestScript, args []string) {
	var text string
	if len(args) > 0 {
		text = ts.ReadFile(args[0])
	}
	text = complete(text, stageOf(ts).origins)
	ts.Check(os.WriteFile(ts.MkAbs("node.hcl"), []byte(text), 0o644))
}

func signalCommand(ts *testscript.TestScript, args []string) {
	sig := signals[args[0]]
	if sig == nil {
		ts.Fatalf("there is no signal %s, but %v", args[0], slices.Sorted(maps.Keys(signals)))
	}
	ts.Check(running(ts).cmd.Process.Signal(sig))
}

func exitedCommand(ts *testscript.TestScript, args []string) {
	n := running(ts)
	code, err := n.wait()
	ts.Check(err)
	n.expected = true
	if args[0] != strconv.Itoa(code) {
		ts.Fatalf("the node ended with %d", code)
	}
}

func running(ts *testscript.TestScript) *node {
	n := stageOf(ts).node
	if n == nil {
		ts.Fatalf("there is no node")
	}
	return n
}

// list is a flag that may be given several times.
type list []string

func (l *list) String() string     { return strings.Join(*l, ", ") }
func (l *list) Set(v string) error { *l = append(*l, v); return nil }

// asking makes a command that sends a request to an address of the stage.
func asking(where func(*stage) string) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		getCommand(ts, &request{address: where(stageOf(ts))}, neg, args)
	}
}

func getCommand(ts *testscript.TestScript, r *request, neg bool, args []string) {
	flags := flag.NewFlagSet("get", flag.ContinueOnError)
	flags.SetOutput(ts.Stderr())
	flags.StringVar(&r.method, "X", "GET", "method")
	flags.Var((*list)(&r.fields), "H", "field")
	flags.StringVar(&r.body, "d", "", "body")
	flags.StringVar(&r.upgrade, "upgrade", "", "text to send after the upgrade")
	as := flags.String("as", "", "name of the request, to go on without waiting")
	until := flags.String("until", "", "pattern that the response must match in the end")
	ts.Check(flags.Parse(args))
	if flags.NArg() != 1 {
		ts.Fatalf("wants one target")
	}
	r.target = flags.Arg(0)
	switch {
	case *as != "":
		start(ts, *as, r)
	case *until != "":
		repeat(ts, *until, r)
	default:
		text, err := r.send()
		finish(ts, neg, text, err)
	}
}

func start(ts *testscript.TestScript, name string, r *request) {
	s := stageOf(ts)
	if s.calls[name] != nil {
		ts.Fatalf("%s was started already", name)
	}
	c := &call{done: make(chan struct{})}
	s.calls[name] = c
	go func() {
		c.text, c.err = r.send()
		close(c.done)
	}()
}

func repeat(ts *testscript.TestScript, pattern string, r *request) {
	re, err := regexp.Compile("(?m)" + pattern)
	ts.Check(err)
	var text string
	ok := eventually(func() bool {
		text, err = r.send()
		return err == nil && re.MatchString(text)
	})
	if !ok {
		ts.Fatalf("no response matches %s; the last one: %v\n%s", pattern, err, text)
	}
	finish(ts, false, text, nil)
}

func gotCommand(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 || stageOf(ts).calls[args[0]] == nil {
		ts.Fatalf("usage: got NAME, after get -as NAME")
	}
	c := stageOf(ts).calls[args[0]]
	<-c.done
	finish(ts, neg, c.text, c.err)
}

// finish prints a response and compares how it ended.
func finish(ts *testscript.TestScript, neg bool, text string, err error) {
	io.WriteString(ts.Stdout(), text)
	switch {
	case err == nil && neg:
		ts.Fatalf("the response is whole")
	case err != nil && !neg:
		ts.Fatalf("%v", err)
	}
}

func settledCommand(ts *testscript.TestScript, _ []string) {
	repeat(ts, `^\[\]$`, &request{address: stageOf(ts).admin, method: "GET", target: "/debug/fills"})
}

func metricCommand(ts *testscript.TestScript, args []string) {
	r := &request{address: stageOf(ts).admin, method: "GET", target: "/metrics"}
	var text string
	ok := eventually(func() bool {
		var err error
		text, err = r.send()
		ts.Check(err)
		return strings.Contains(text, "\n"+args[0]+" "+args[1]+"\n")
	})
	if !ok {
		name, _, _ := strings.Cut(args[0], "{")
		for line := range strings.Lines(text) {
			if strings.HasPrefix(line, name) {
				ts.Logf("%s", strings.TrimSpace(line))
			}
		}
		ts.Fatalf("%s never was %s", args[0], args[1])
	}
}

func awaitCommand(ts *testscript.TestScript, args []string) {
	re, err := regexp.Compile("(?m)" + args[1])
	ts.Check(err)
	var text []byte
	ok := eventually(func() bool {
		text, err = os.ReadFile(ts.MkAbs(args[0]))
		return err == nil && re.Match(text)
	})
	if !ok {
		ts.Fatalf("%s has no line that matches %s:\n%s", args[0], args[1], text)
	}
}
