package main

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"brink/test/brinktest"
	"brink/test/examples/purger"
)

//go:embed trigger.sql
var trigger string

// world is a database, an origin whose pages show what is in it, a node in front
// of that, and the listener.
type world struct {
	t    *testing.T
	conn *pgx.Conn
	mu   sync.Mutex // of conn
	node *brinktest.Node
	log  text
	end  func()
}

func newWorld(t *testing.T) *world {
	database := startCluster(t)
	conn, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	w := &world{t: t, conn: conn}
	w.exec("CREATE TABLE product (id int PRIMARY KEY, name text)")
	w.exec(trigger)
	w.exec("INSERT INTO product VALUES (1, 'chair'), (2, 'table')")
	origin := httptest.NewServer(http.HandlerFunc(w.page))
	t.Cleanup(origin.Close)
	w.node = brinktest.Start(t, "$LISTEN\n$ADMIN\norigin \"app\" {\n  server \""+origin.URL+"\" {}\n}\nsite \"app\" {\n  hosts  = [\"*\"]\n  origin = \"app\"\n}\n")

	ctx, cancel := context.WithCancel(t.Context())
	l := listener{database: database + " application_name=pgnotify", node: purger.Client{URL: "http://" + w.node.Admin}, log: log.New(&w.log, "", 0)}
	var running sync.WaitGroup
	running.Go(func() { l.run(ctx) })
	w.end = func() { cancel(); running.Wait() }
	t.Cleanup(w.end)
	return w
}

func (w *world) exec(sql string) {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, err := w.conn.Exec(context.Background(), sql); err != nil {
		w.t.Fatalf("%s: %v", sql, err)
	}
}

// page is the origin's.
func (w *world) page(out http.ResponseWriter, r *http.Request) {
	id := strings.TrimPrefix(r.URL.Path, "/")
	var name string
	w.mu.Lock()
	err := w.conn.QueryRow(r.Context(), "SELECT name FROM product WHERE id = $1::int", id).Scan(&name)
	w.mu.Unlock()
	if err != nil {
		http.Error(out, err.Error(), 500)
		return
	}
	out.Header().Set("Cache-Control", "max-age=3600")
	out.Header().Set("Surrogate-Key", "product-"+id)
	fmt.Fprint(out, name)
}

func (w *world) get(path string) string {
	w.t.Helper()
	resp, err := http.Get(w.node.URL(path))
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 200 {
		w.t.Fatalf("%s: %d %v", path, resp.StatusCode, err)
	}
	return string(body)
}

// await asks for a page until it has the body.
func (w *world) await(path, body string) {
	w.t.Helper()
	w.eventually(path+" with "+body, func() bool { return w.get(path) == body })
}

func (w *world) eventually(what string, ok func() bool) {
	w.t.Helper()
	for deadline := time.Now().Add(15 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatalf("waited in vain for %s\n%s", what, w.log.String())
		}
	}
}

// listening waits until the listener has begun for the n-th time.
func (w *world) listening(n int) {
	w.t.Helper()
	w.eventually("the listener", func() bool { return strings.Count(w.log.String(), "listening") >= n })
}

// text takes what is logged.
type text struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (x *text) Write(p []byte) (int, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.b.Write(p)
}

func (x *text) String() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.b.String()
}

// A page that is fresh for an hour follows the row that it shows; what changes
// unheard is caught up with when the listener is back.
func TestNotify(t *testing.T) {
	w := newWorld(t)
	w.listening(1)
	if w.get("/1") != "chair" || w.get("/2") != "table" {
		t.Fatal("the pages do not show the rows")
	}
	w.exec("UPDATE product SET name = 'armchair' WHERE id = 1")
	w.await("/1", "armchair")
	if got := w.get("/2"); got != "table" {
		t.Errorf("the other page is %q", got)
	}

	// Silently: the page stays as it is stored.
	w.exec("ALTER TABLE product DISABLE TRIGGER purge_product")
	w.exec("UPDATE product SET name = 'desk' WHERE id = 2")
	w.exec("ALTER TABLE product ENABLE TRIGGER purge_product")
	if got := w.get("/2"); got != "table" {
		t.Fatalf("without a notification the page is %q", got)
	}
	w.exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'pgnotify'")
	w.await("/2", "desk")
	w.listening(2)

	// Many at once.
	w.exec("UPDATE product SET name = name || ' ' || id")
	w.await("/1", "armchair 1")
	w.await("/2", "desk 2")
	w.end()
}
