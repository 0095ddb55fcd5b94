package pressure

import (
	"encoding/json"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// members are the clients of a crowd, in its own process. One goroutine gives each of
// them its turns; no call of the system waits.
type members struct {
	plan     plan
	all      []member
	sending  []*member // whose opening has not gone out yet
	buffer   []byte
	standing standing
}

// member is one client.
type member struct {
	id      int
	socket  int // -1: none
	pending string
	opened  bool // it has sent its opening
	came    bool // it has been connected before
	heard   bool // it has an answer
}

// runCrowd reads a plan from stdin and follows it until stdin ends.
func runCrowd() {
	// The node's clients are elsewhere in life, and do not take its CPU time.
	_ = syscall.Setpriority(syscall.PRIO_PROCESS, 0, 10)
	in := json.NewDecoder(os.Stdin)
	m := &members{buffer: make([]byte, 64<<10)}
	if err := in.Decode(&m.plan); err != nil {
		panic(err)
	}
	m.standing.Statuses = make(map[int]int)
	m.all = make([]member, m.plan.Count)
	for i := range m.all {
		m.all[i] = member{id: i, socket: -1}
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	m.run()
}

const (
	pulse       = 5 * time.Millisecond
	reportEvery = 100 * time.Millisecond
)

// run spreads the turns of all members evenly. One that is late by more than a round
// leaves out what it has missed.
func (m *members) run() {
	out := json.NewEncoder(os.Stdout)
	began := time.Now()
	reported := began
	for turn := 0; ; time.Sleep(pulse) {
		due := int(float64(m.plan.Count) * float64(time.Since(began)) / float64(m.plan.Every))
		for turn = max(turn, due-m.plan.Count); turn < due; turn++ {
			m.turn(&m.all[turn%m.plan.Count])
		}
		m.hurry()
		m.standing.Rounds = turn / m.plan.Count
		if time.Since(reported) < reportEvery {
			continue
		}
		reported = time.Now()
		if out.Encode(m.standing) != nil {
			return
		}
	}
}

func (m *members) turn(c *member) {
	switch {
	case c.socket < 0 && c.came && m.plan.Once:
		return
	case c.socket < 0:
		m.dial(c)
		return
	case c.opened && c.pending == "":
		c.pending = m.plan.Piece
	}
	m.send(c)
	m.take(c)
}

// hurry sends more of openings that did not go out at once.
func (m *members) hurry() {
	still := m.sending[:0]
	for _, c := range m.sending {
		if m.send(c); c.socket >= 0 && !c.opened {
			still = append(still, c)
		}
	}
	m.sending = still
}

// dial connects a member and sends its opening, or what of it goes out.
func (m *members) dial(c *member) {
	socket, err := m.connect(c.id)
	if err != nil {
		m.standing.Failed++
		return
	}
	m.standing.Open++
	m.standing.Opened++
	*c = member{id: c.id, socket: socket, came: true}
	c.pending = strings.ReplaceAll(m.plan.Opening, "$ID", strconv.Itoa(m.standing.Opened))
	if m.send(c); c.socket >= 0 && !c.opened {
		m.sending = append(m.sending, c)
	}
}

// connect begins a connection.
func (m *members) connect(id int) (socket int, err error) {
	if socket, err = syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0); err != nil {
		return -1, err
	}
	defer func() {
		if err != nil {
			syscall.Close(socket)
		}
	}()
	if err := syscall.SetNonblock(socket, true); err != nil {
		return -1, err
	}
	if m.plan.Buffer > 0 {
		if err := syscall.SetsockoptInt(socket, syscall.SOL_SOCKET, syscall.SO_RCVBUF, m.plan.Buffer); err != nil {
			return -1, err
		}
	}
	from := net.ParseIP(m.plan.From[id%len(m.plan.From)]).To4()
	if err := syscall.Bind(socket, &syscall.SockaddrInet4{Addr: [4]byte(from)}); err != nil {
		return -1, err
	}
	to, err := net.ResolveTCPAddr("tcp4", m.plan.Target)
	if err != nil {
		return -1, err
	}
	err = syscall.Connect(socket, &syscall.SockaddrInet4{Port: to.Port, Addr: [4]byte(to.IP.To4())})
	if err == syscall.EINPROGRESS {
		err = nil
	}
	return socket, err
}

// send sends what of a member's pending text goes out without waiting.
func (m *members) send(c *member) {
	for c.socket >= 0 && c.pending != "" {
		n, err := syscall.Write(c.socket, []byte(c.pending))
		switch {
		case err == syscall.EAGAIN || err == syscall.EINTR || err == syscall.ENOTCONN:
			return
		case err != nil:
			m.end(c)
			return
		}
		c.pending = c.pending[n:]
	}
	c.opened = c.socket >= 0
}

// take reads what of an answer a member wants in one turn.
func (m *members) take(c *member) {
	for left := m.plan.Read; c.socket >= 0; {
		p := m.buffer
		if m.plan.Read > 0 {
			p = p[:left]
		}
		n, err := syscall.Read(c.socket, p)
		switch {
		case err == syscall.EAGAIN || err == syscall.EINTR || err == syscall.ENOTCONN:
			return
		case err != nil || n == 0:
			m.end(c)
			return
		}
		m.hear(c, p[:n])
		if left -= n; m.plan.Read > 0 && left == 0 {
			return
		}
	}
}

// hear counts the status of the first answer.
func (m *members) hear(c *member, p []byte) {
	if _, rest, ok := strings.Cut(string(p[:min(len(p), 12)]), "HTTP/1.1 "); ok && !c.heard {
		c.heard = true
		status, _ := strconv.Atoi(rest)

		m.standing.Statuses[status]++
	}
}

// end closes a connection that the node has ended.
func (m *members) end(c *member) {
	syscall.Close(c.socket)
	c.socket = -1
	m.standing.Open--
	m.standing.Ended++
}
