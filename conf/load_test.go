package conf

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"
)

func loads(t *testing.T, path string) *Config {
	t.Helper()
	c, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := invariants(c); err != nil {
		t.Fatal(err)
	}
	return c
}

func failsToLoad(t *testing.T, path string, wanted ...string) {
	t.Helper()
	c, err := Load(path)
	if err == nil || c != nil {
		t.Fatalf("loaded, want %q", wanted)
	}
	said := strings.ReplaceAll(err.Error(), filepath.Dir(path)+"/", "")
	for _, w := range wanted {
		if !strings.Contains(said, w) {
			t.Errorf("got  %s\nwant %s", said, w)
		}
	}
	if _, ok := err.(Errors); !ok {
		t.Errorf("an error of type %T", err)
	}
}

func TestTokens(t *testing.T) {
	dir := withFiles(t)
	c := loads(t, put(t, dir, "a.hcl", anOrigin+aSite+`admin {
  token "shop" {
    file   = "shop.token"
    sites  = ["app"]
    purges = ["tag", "all"]
    rate   = 0.5
  }
  token_file = "admin.token"
  token "editors" {
    file      = "editors.token"
    may       = ["read", "purge"]
    soft_only = true
    burst     = 7
  }
  token "monitor" {
    file = "monitoring.token"
    may  = ["read"]
  }
}`))
	want := []Token{
		{Name: "shop", File: filepath.Join(dir, "shop.token"), Text: "sh0p", May: []string{"purge"}, Sites: []string{"app"}, Purges: []string{"tag", "all"}, Rate: 0.5, Burst: 10000},
		{Name: "editors", File: filepath.Join(dir, "editors.token"), Text: "ed1tors", May: []string{"read", "purge"}, SoftOnly: true, Burst: 7},
		{Name: "monitor", File: filepath.Join(dir, "monitoring.token"), Text: "m0nitoring", May: []string{"read"}, Burst: 10000},
	}
	if !reflect.DeepEqual(c.Admin.Tokens, want) {
		t.Errorf("%+v", c.Admin.Tokens)
	}
}

func TestLoadFile(t *testing.T) {
	dir := withFiles(t)
	name := put(t, dir, "a.hcl", anOrigin+aSite+"admin {\naddress = \":9080\"\ntoken_file = \"admin.token\"\n}\n"+
		"origin \"b\" {\nserver \"https://b.test\" {}\ntls {\nca_file = \"ca.pem\"\n}\n}\nlog { access = \"logs/a.log\" }")
	c := loads(t, name)
	if c.Admin.Token != "s3cret" || c.Admin.TokenFile != filepath.Join(dir, "admin.token") {
		t.Errorf("%+v", c.Admin)
	}
	if tls := c.Origins[1].TLS; tls.CAFile != filepath.Join(dir, "ca.pem") || !strings.Contains(string(tls.CA), "BEGIN CERTIFICATE") {
		t.Errorf("%+v", tls)
	}
	if c.Log.Access != filepath.Join(dir, "logs/a.log") {
		t.Errorf("%+v", c.Log)
	}
	if len(c.Files) != 1 || c.Files[0] != name {
		t.Error(c.Files)
	}
	if c.Sites[0].Rule.Position != name+":2" {
		t.Error(c.Sites[0].Rule.Position)
	}
	digest := c.Digest
	if loads(t, name).Digest != digest {
		t.Error("the digest of one text differs")
	}
	put(t, dir, "a.hcl", anOrigin+aSite+"# changed\n")
	if loads(t, name).Digest == digest {
		t.Error("the digest of another text is the same")
	}
}

// Several files may have origins, sites and listen blocks. Files are read in the order of
// their names.
func TestLoadDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "conf.d")
	mkdir(t, dir)
	put(t, dir, "20-b.hcl", "site \"b\" {\nhosts = [\"b.test\"]\norigin = \"app\"\n}\n")
	put(t, dir, "10-a.hcl", "site \"a\" {\nhosts = [\"a.test\"]\norigin = \"app\"\n}\nnode { id = \"n\" }\n")
	put(t, dir, "90-origins.hcl", anOrigin)
	put(t, dir, "notes.txt", "not a conf")
	put(t, dir, ".20-b.hcl.swp", "not a conf")
	put(t, dir, ".hidden.hcl", "not a conf")
	mkdir(t, filepath.Join(dir, "more"))
	put(t, dir, "more/c.hcl", "not a conf")
	link(t, "90-origins.hcl", filepath.Join(dir, "latest"))
	c := loads(t, dir)
	if len(c.Sites) != 2 || c.Sites[0].Name != "a" || c.Sites[1].Name != "b" || c.Node.ID != "n" {
		t.Errorf("%+v", c)
	}
	if len(c.Files) != 3 || filepath.Base(c.Files[0]) != "10-a.hcl" || filepath.Base(c.Files[2]) != "90-origins.hcl" {
		t.Error(c.Files)
	}

	// both places of a repetition are named, and faults come in the order of files
	put(t, dir, "30-c.hcl", "node { id = \"m\" }\nsite \"a\" {\nhosts = [\"b.test\"]\norigin = \"app\"\n}\nsite \"c\" {\nhosts = [\"c.test\"]\norigin = \"ap\"\n}\n")
	failsToLoad(t, dir, `conf.d/30-c.hcl:1:1: "node" is written twice`, `conf.d/10-a.hcl:5`,
		`conf.d/30-c.hcl:2:6: site "a" is written twice`, `conf.d/10-a.hcl:1`,
		`conf.d/30-c.hcl:3:10: host "b.test" is written twice`, `conf.d/20-b.hcl:2`,
		`conf.d/30-c.hcl:8:10: origin: there is no origin "ap"`, `did you mean "app"?`)

	// a file that cannot be read hides no name: only its own fault is told
	put(t, dir, "30-c.hcl", "")
	put(t, dir, "90-origins.hcl", "origin \"app\" {")
	_, err := Load(dir)
	if all, ok := err.(Errors); !ok || len(all) != 1 || all[0].Line != 1 || filepath.Base(all[0].File) != "90-origins.hcl" {
		t.Error(err)
	}
}

func TestLoadRefuses(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	failsToLoad(t, in("none.hcl"), `none.hcl: no such file or directory`)

	mkdir(t, in("empty"))
	failsToLoad(t, in("empty"), `empty: the directory holds no *.hcl file`)

	// symlinks are followed, as far as they lead anywhere
	link(t, "loop.hcl", in("loop.hcl"))
	failsToLoad(t, in("loop.hcl"), `loop.hcl: too many levels of symbolic links`)
	mkdir(t, in("loops"))
	link(t, "b.hcl", in("loops/a.hcl"))
	link(t, "a.hcl", in("loops/b.hcl"))
	link(t, ".", in("loops/c.hcl"))
	failsToLoad(t, in("loops"), `a.hcl: too many levels`, `b.hcl: too many levels`, `c.hcl: not a regular file`)

	// a pipe would block for ever, a device never end
	mkdir(t, in("odd"))
	if err := syscall.Mkfifo(in("odd/pipe.hcl"), 0o600); err != nil {
		t.Fatal(err)
	}
	link(t, "/dev/zero", in("odd/zero.hcl"))
	failsToLoad(t, in("odd"), `pipe.hcl: not a regular file`, `zero.hcl: not a regular file`)

	if os.Geteuid() != 0 {
		put(t, dir, "secret.hcl", anOrigin+aSite)
		if err := os.Chmod(in("secret.hcl"), 0); err != nil {
			t.Fatal(err)
		}
		failsToLoad(t, in("secret.hcl"), `secret.hcl: permission denied`)
	}
}

func TestHugeFilesAreNotRead(t *testing.T) {
	dir := t.TempDir()
	name := put(t, dir, "huge.hcl", "")
	if err := os.Truncate(name, 100<<20); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	failsToLoad(t, name, `huge.hcl: the file is longer than 4MiB`)
	failsToLoad(t, dir, `huge.hcl: the file is longer than 4MiB`)
	if took := time.Since(start); took > time.Second {
		t.Error(took)
	}
	if _, err := Parse("p.hcl", make([]byte, maxFile+1)); err == nil || !strings.Contains(err.Error(), "p.hcl: the file is longer than 4MiB") {
		t.Error(err)
	}
	many := filepath.Join(dir, "many")
	mkdir(t, many)
	full := anOrigin + aSite + strings.Repeat("#", maxFile-len(anOrigin)-len(aSite))
	for i := range maxSet/maxFile + 1 {
		put(t, many, fmt.Sprintf("%02d.hcl", i), full)
	}
	failsToLoad(t, many, `many: the files are longer than 64MiB together`)
}

func TestTenThousandSites(t *testing.T) {
	if testing.Short() {
		t.Skip("slow")
	}
	var b strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&b, "origin \"o%d\" {\n  server \"http://10.0.%d.%d:80\" {}\n}\n", i, i/250, i%250+1)
		fmt.Fprintf(&b, "site \"s%d\" {\n  hosts  = [\"s%d.test\", \"*.s%d.test\"]\n  origin = \"o%d\"\n  path \"/static/**\" { ttl = \"30d\" }\n}\n", i, i, i, i)
	}
	took := time.Hour
	for range 3 { // others may keep the machine busy
		start := time.Now()
		c, err := Parse("t.hcl", []byte(b.String()))
		took = min(took, time.Since(start))
		if err != nil || len(c.Sites) != 10_000 {
			t.Fatal(err)
		}
	}
	if took > 20*time.Second {
		t.Errorf("%d bytes in %v", b.Len(), took)
	}
	_, err := Parse("t.hcl", []byte(strings.ReplaceAll(b.String(), "origin =", "orgin =")))
	if all, ok := err.(Errors); !ok || len(all) != maxFaults+1 || !strings.Contains(err.Error(), "more than 100 errors") {
		t.Error(len(all))
	}
}

func mkdir(t *testing.T, path string) {
	t.Helper()
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
}

func link(t *testing.T, to, path string) {
	t.Helper()
	if err := os.Symlink(to, path); err != nil {
		t.Fatal(err)
	}
}

func BenchmarkTenThousandPaths(b *testing.B) {
	var text strings.Builder
	text.WriteString(anOrigin + "site \"a\" {\nhosts = [\"*\"]\norigin = \"app\"\n")
	for i := range 10_000 {
		fmt.Fprintf(&text, "path \"/static/%d/**\" { ttl = \"30d\" }\n", i)
	}
	text.WriteString("}\n")
	src := []byte(text.String())
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse("t.hcl", src); err != nil {
			b.Fatal(err)
		}
	}
}
