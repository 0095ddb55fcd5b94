package pressure

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// crowdVariable is set in the environment of a crowd.
const crowdVariable = "PRESSURE_CROWD"

// plan is what each client of a crowd does, turn by turn.
type plan struct {
	Target  string
	From    []string      // addresses, in turn: each has 28,000 ports
	Count   int           // of clients
	Every   time.Duration // from one turn of a client to its next
	Opening string        // what it sends first; $ID is a number of its own
	Piece   string        // what it sends at each later turn
	Read    int           // how many bytes it takes at a turn; 0: all that have come
	Buffer  int           // its receive buffer; 0: the system's choice
	Once    bool          // if it is cut off, it does not come back
}

// standing is what a crowd has come to.
type standing struct {
	Open     int         // connections now
	Opened   int         // in all
	Failed   int         // that could not be made
	Ended    int         // that the node ended
	Rounds   int         // how many turns each client has had
	Statuses map[int]int // of the first answers on connections
}

// crowd is thousands of clients in a process of their own, so that neither its file
// descriptors nor its work are the probe's.
type crowd struct {
	cmd  *exec.Cmd
	stop io.Closer
	over chan struct{}

	mu struct {
		sync.Mutex

		last standing
	}
}

// gather starts a crowd. It is ended with the row.
func gather(r *row, p plan) *crowd {
	r.Helper()
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil || limit.Cur < uint64(p.Count)*10/9+100 {
		r.Skipf("%d file descriptors are too few for %d clients: %v", limit.Cur, p.Count, err)
	}
	c := &crowd{cmd: exec.Command(os.Args[0]), over: make(chan struct{})}
	c.cmd.Env = append(os.Environ(), crowdVariable+"=1")
	c.cmd.Stderr = os.Stderr
	in, err := c.cmd.StdinPipe()
	if err != nil {
		r.Fatal(err)
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		r.Fatal(err)
	}
	c.stop = in
	if err := c.cmd.Start(); err != nil {
		r.Fatal(err)
	}
	r.Cleanup(c.leave)
	if err := json.NewEncoder(in).Encode(p); err != nil {
		r.Fatal(err)
	}
	go c.follow(out)
	return c
}

// follow reads what the crowd says of itself.
func (c *crowd) follow(out io.Reader) {
	defer close(c.over)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var s standing
		if json.Unmarshal(lines.Bytes(), &s) == nil {
			c.mu.Lock()
			c.mu.last = s
			c.mu.Unlock()
		}
	}
}

// now returns what the crowd has come to.
func (c *crowd) now() standing {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.mu.last
}

// assemble waits until each client has had a turn.
func (c *crowd) assemble(r *row) {
	r.Helper()
	for began := time.Now(); c.now().Rounds == 0; time.Sleep(20 * time.Millisecond) {
		if time.Since(began) > time.Minute {
			r.Fatalf("the crowd does not come together: %+v", c.now())
		}
	}
	if s := c.now(); s.Failed > 0 {
		r.Errorf("not all of the crowd could connect: %+v", s)
	}
}

// leave ends all connections of the crowd. It may be called twice.
func (c *crowd) leave() {
	_ = c.stop.Close()
	<-c.over
	_ = c.cmd.Wait() // it has done its work
}
