package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// program finds one of PostgreSQL's, which Debian keeps out of PATH.
func program(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if err != nil || len(found) == 0 {
		return "", errors.Join(errors.New("there is no "+name), err)
	}
	return found[len(found)-1], nil
}

// startCluster runs a PostgreSQL of the test's own and returns its connection
// string.
func startCluster(t *testing.T) string {
	t.Helper()
	initdb, err := program("initdb")
	if err != nil {
		t.Skipf("%v: on Debian, apt-get install postgresql", err)
	}
	postgres, err := program("postgres")
	if err != nil {
		t.Skip(err)
	}
	dir, err := os.MkdirTemp("", "pgnotify") // that of the test is closed to other users
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	who := unprivileged(t, dir)
	command := func(name string, args ...string) *exec.Cmd {
		cmd := exec.Command(name, args...)
		cmd.Dir, cmd.SysProcAttr = dir, who
		return cmd
	}
	data := filepath.Join(dir, "data")
	if out, err := command(initdb, "-D", data, "-U", "test", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync").CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	server := command(postgres, "-D", data, "-k", dir, "-F", "-c", "listen_addresses=", "-c", "shared_buffers=1MB", "-c", "logging_collector=off")
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// SIGQUIT is the immediate shutdown: the data is thrown away.
		if err := errors.Join(server.Process.Signal(syscall.SIGQUIT), ignoreExit(server.Wait())); err != nil {
			t.Error(err)
		}
	})
	database := "host=" + dir + " user=test dbname=postgres"
	awaitServer(t, database)
	return database
}

// ignoreExit leaves out the status of a process that was told to end.
func ignoreExit(err error) error {
	if _, ok := errors.AsType[*exec.ExitError](err); ok {
		return nil
	}
	return err
}

// unprivileged is who runs the cluster, as PostgreSQL refuses to be run by root.
func unprivileged(t *testing.T, dir string) *syscall.SysProcAttr {
	if os.Getuid() != 0 {
		return nil
	}
	nobody, err := user.Lookup("nobody")
	if err != nil {
		t.Skipf("PostgreSQL does not run as root, and there is nobody else: %v", err)
	}
	uid, err := strconv.ParseUint(nobody.Uid, 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	gid, err := strconv.ParseUint(nobody.Gid, 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(dir, int(uid), int(gid)); err != nil {
		t.Fatal(err)
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
}

func awaitServer(t *testing.T, database string) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		conn, err := pgx.Connect(t.Context(), database)
		if err == nil {
			conn.Close(context.Background())
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}
