package bus

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"brink/purge"
)

// backup copies what a server has, which is down meanwhile.
func backup(t *testing.T, s *hubServer) string {
	s.stop()
	d := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(d, os.DirFS(s.store)); err != nil {
		t.Fatal(err)
	}
	s.start()
	return d
}

// restore gives a server what a copy has.
func restore(t *testing.T, s *hubServer, d string) {
	s.stop()
	if err := os.RemoveAll(s.store); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(s.store, os.DirFS(d)); err != nil {
		t.Fatal(err)
	}
	s.start()
}

// endToLose copies the server, and then purges what the copy does not have. It returns
// the copy and the number of the last purge.
func endToLose(t *testing.T, s *hubServer, a *node) (copied string, last purge.Seq) {
	t.Helper()
	a.publish("one")
	copied = backup(t, s)
	eventually(t, "connected again", a.conn.IsConnected)
	for i := range 5 {
		last = a.publish(fmt.Sprint("lost", i))
	}
	return copied, last
}

// missesNothing purges until the stream has grown beyond what it lost, and checks that
// a node that was off then, and stored something at a stamp, knows or doubts it.
func missesNothing(t *testing.T, s *hubServer, a *node, path string, stamp purge.Seq) {
	t.Helper()
	a.publish("missed")
	for i := range 6 {
		a.publish(fmt.Sprint("more", i))
	}
	b := start(t, s, "b", path)
	if v := b.covers(stamp, "missed"); v < purge.Doubtful {
		t.Errorf("a missed purge is %v, the node is in sync: %v", v, b.State().InSync)
	}
}

// The stream has lost its end; a node that has seen that, and is off while the
// stream grows again, misses nothing.
func TestLostEndThenOff(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	path := journal(t)
	a, b := start(t, s, "a", ""), start(t, s, "b", path)
	d, last := endToLose(t, s, a)
	b.applied(last)
	restore(t, s, d)
	eventually(t, "both noticed", func() bool {
		return a.State().InSync && b.State().InSync && a.said("was applied") && b.said("was applied")
	})
	b.applied(a.publish("two"))
	stamp := b.log.Latest() // stored after the doubt
	b.want(stamp, "missed", purge.Untouched)
	b.close()
	missesNothing(t, s, a, path, stamp)
}

// The same for a node that was cut off meanwhile.
func TestLostEndWhileCutOff(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	path := journal(t)
	a, b := start(t, s, "a", ""), start(t, s, "b", path)
	d, last := endToLose(t, s, a)
	b.applied(last)
	stamp := b.log.Latest()
	b.close()
	restore(t, s, d)
	eventually(t, "a noticed", func() bool { return a.State().InSync && a.said("was applied") })
	missesNothing(t, s, a, path, stamp)
}

// After the stream lost its end, what a node that is cut off said of the old
// numbers is not taken for the new ones.
func TestAppliedOfAnotherStream(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	a, b := start(t, s, "a", ""), start(t, s, "b", "")
	d, last := endToLose(t, s, a)
	b.applied(last)
	eventually(t, "a knows", func() bool { return a.Nodes(last)[1].Standing == HasApplied })
	b.end() // cut off
	b.running.Wait()
	b.conn.Close()
	stamp := b.log.Latest()
	restore(t, s, d)
	eventually(t, "a noticed", func() bool { return a.State().InSync && a.said("was applied") })
	seq := a.publish("missed")
	all := a.Wait(t.Context(), seq)
	b.want(stamp, "missed", purge.Untouched)
	if all[1].Standing == HasApplied {
		t.Errorf("b, which is cut off, counts as %v: %+v", all[1].Standing, all)
	}
}

// A node that joined at the stream's end, and saw no purge before it was off.
func TestJoinedThenLostEnd(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	path := journal(t)
	a := start(t, s, "a", "")
	d, _ := endToLose(t, s, a)
	b := start(t, s, "b", path)
	stamp := b.log.Latest()
	b.close()
	restore(t, s, d)
	eventually(t, "a noticed", func() bool { return a.State().InSync && a.said("was applied") })
	missesNothing(t, s, a, path, stamp)
}
