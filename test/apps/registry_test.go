package apps

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"brink/test/brinktest"
)

const registryHost = "registry.example.com"

// registryPackages are what the test publishes; some are in a scope.
func registryPackages() (names []string) {
	for i := 1; i <= 15; i++ {
		names = append(names, fmt.Sprintf("package-%d", i))
	}
	return append(names, "@scope/one", "@scope/two")
}

// A registry behind a node: packages are published, installed by npm, and seen at
// once when there is a newer version. Those that need a token stay with it.
func TestRegistry(t *testing.T) {
	f := startRegistry(t)
	alice := f.newVisitor(t, "alice")
	token := registerUser(t, alice)
	var all []string
	for _, name := range registryPackages() {
		publish(t, alice, token, name, "1.0.0")
		all = append(all, name)
	}
	f.install(t, "", all...)
	from := len(f.requests(0))
	f.install(t, "", all...)
	second := count(f.requests(from))
	f.atLeast(t, second, 90)

	publish(t, alice, token, "package-3", "1.0.1")
	publish(t, alice, token, "@scope/one", "1.0.1")
	dir := f.install(t, token, "package-3", "@scope/one")
	for _, name := range []string{"package-3", "@scope/one"} {
		if v := installedVersion(t, dir, name); v != "1.0.1" {
			t.Errorf("%s is %s after a newer version was published", name, v)
		}
	}
	f.forms(t)
	f.secretPackages(t, alice, token)
	f.noLeaks(t, second)
}

func startRegistry(t *testing.T) *front {
	t.Helper()
	installNpm(t, "registry")
	dir, origin := t.TempDir(), brinktest.FreeAddress(t)
	run(t, exec.Command("cp", "registry/config.yaml", dir))
	server := exec.Command("node", absolute(t, "registry/node_modules/verdaccio/bin/verdaccio"), "--config", filepath.Join(dir, "config.yaml"), "--listen", origin)
	server.Dir, server.Env = dir, environment("VERDACCIO_PUBLIC_URL", "http://"+registryHost)
	f := startFront(t, "npm registry", "npm-registry.hcl", registryHost, origin)
	launch(t, server, "tcp", origin)
	return f
}

// registerUser makes an account and returns its token.
func registerUser(t *testing.T, v *visitor) string {
	t.Helper()
	a := v.do(t, "PUT", "/-/user/org.couchdb.user:"+v.name, fmt.Sprintf(`{"name":%q,"password":"pw-of-%s","type":"user"}`, v.name, v.name), "Content-Type", "application/json")
	var answer struct{ Token string }
	if err := json.Unmarshal([]byte(a.body), &answer); err != nil || answer.Token == "" {
		t.Fatalf("no account: %d %s", a.status, a.body)
	}
	v.owns(answer.Token, "token")
	return answer.Token
}

// publish sends a version of a package as npm does.
func publish(t *testing.T, v *visitor, token, name, version string) {
	t.Helper()
	manifest := map[string]any{"name": name, "version": version, "description": "Text of " + name}
	content := tarball(t, manifest)
	base := name[strings.LastIndexByte(name, '/')+1:] + "-" + version + ".tgz"
	manifest["dist"] = map[string]any{"tarball": "http://" + registryHost + "/" + name + "/-/" + base}
	body, err := json.Marshal(map[string]any{
		"_id": name, "name": name, "dist-tags": map[string]string{"latest": version}, "versions": map[string]any{version: manifest},
		"_attachments": map[string]any{name + "-" + version + ".tgz": map[string]any{
			"content_type": "application/octet-stream", "data": base64.StdEncoding.EncodeToString(content), "length": len(content),
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	a := v.do(t, "PUT", "/"+strings.Replace(name, "/", "%2f", 1), string(body), "Content-Type", "application/json", "Authorization", "Bearer "+token)
	if a.status != 201 {
		t.Fatalf("%s %s is not published: %d %s", name, version, a.status, a.body)
	}
}

// tarball packs a package that has nothing but its manifest.
func tarball(t *testing.T, manifest map[string]any) []byte {
	t.Helper()
	text, err := json.Marshal(manifest)
	if err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	w := tar.NewWriter(z)
	if err := w.WriteHeader(&tar.Header{Name: "package/package.json", Mode: 0o644, Size: int64(len(text))}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

// install has npm install packages through the node, on a machine that has none
// of them, and returns the folder. The node is npm's proxy, as the registry's
// name leads nowhere.
func (f *front) install(t *testing.T, token string, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	settings := fmt.Sprintf("registry=http://%s/\nproxy=http://%s\nnoproxy=\ncache=%s\naudit=false\nfund=false\nupdate-notifier=false\nfetch-retries=0\n",
		registryHost, f.Address, filepath.Join(dir, "cache"))
	if token != "" {
		settings += fmt.Sprintf("//%s/:_authToken=%s\n", registryHost, token)
	}
	for name, text := range map[string]string{".npmrc": settings, "package.json": `{"name":"machine","version":"1.0.0"}`} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("npm", append([]string{"install"}, names...)...)
	cmd.Dir, cmd.Env = dir, environment("no_proxy", "", "NO_PROXY", "", "npm_config_noproxy", "")
	run(t, cmd)
	return dir
}

func installedVersion(t *testing.T, dir, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "node_modules", name, "package.json"))
	if err != nil {
		t.Fatal(err)
	}
	var manifest struct{ Version string }
	if err := json.Unmarshal(text, &manifest); err != nil {
		t.Fatal(err)
	}
	return manifest.Version
}

// forms checks that a client which asks for the long form of a package gets it, even if
// another client has asked for the short form before.
func (f *front) forms(t *testing.T) {
	t.Helper()
	v := f.newVisitor(t, "somebody")
	for range 2 {
		short := v.get(t, "/package-5", "Accept", "application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8, */*")
		long := v.get(t, "/package-5", "Accept", "application/json")
		if strings.Contains(short.body, "readme") || !strings.Contains(long.body, "readme") {
			t.Errorf("the forms are mixed up: %s, %s", short.cache(), long.cache())
		}
	}
}

// secretPackages has somebody with a token fetch what others may not.
func (f *front) secretPackages(t *testing.T, owner *visitor, token string) {
	t.Helper()
	const name = "@secret/plan"
	other := f.newVisitor(t, "mallory")
	publish(t, owner, token, name, "1.0.0")
	owner.owns("Text of "+name, "package")
	for range 3 {
		for _, path := range []string{"/@secret%2fplan", "/@secret/plan", "/@secret/plan/-/plan-1.0.0.tgz"} {
			if a := owner.get(t, path, "Authorization", "Bearer "+token); a.status != 200 {
				t.Errorf("the owner got %d for %s: %s", a.status, path, a.cache())
			}
			if a := other.get(t, path); a.status == 200 {
				t.Errorf("anybody gets %s: %s", path, a.cache())
			}
		}
	}
}
