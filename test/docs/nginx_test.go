package docs

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

var certificates = regexp.MustCompile(`\b([a-z]+)\.(crt|key)\b`)

// nginx has the server read a block of its conf, with certificates under the
// names that the block has.
func (s *shell) nginx(t *testing.T, text string) error {
	t.Helper()
	binary, err := exec.LookPath("nginx")
	if err != nil {
		return nil // nothing to try it with
	}
	dir := t.TempDir()
	for _, m := range certificates.FindAllStringSubmatch(text, -1) {
		writeCertificate(t, filepath.Join(dir, m[1]))
	}
	var temporary strings.Builder
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		fmt.Fprintf(&temporary, "%s_temp_path %s;\n", kind, dir)
	}
	text = fmt.Sprintf("pid %s/pid;\nerror_log stderr;\nevents {}\nhttp {\naccess_log off;\n%s%s}\n", dir, &temporary, text)
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(binary, "-t", "-q", "-p", dir, "-c", file).CombinedOutput()
	if err != nil {
		return errors.Join(err, errors.New(strings.TrimSpace(string(out))))
	}
	return nil
}

// writeCertificate makes the files base.crt and base.key.
func writeCertificate(t *testing.T, base string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for ending, block := range map[string]*pem.Block{".crt": {Type: "CERTIFICATE", Bytes: cert}, ".key": {Type: "PRIVATE KEY", Bytes: der}} {
		if err := os.WriteFile(base+ending, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// The check accepts valid blocks and reports wrong ones.
func TestNginxCheck(t *testing.T) {
	if _, err := exec.LookPath("nginx"); err != nil {
		t.Skip("there is no nginx")
	}
	s := &shell{}
	for text, ok := range map[string]bool{
		"server {\n  listen 127.0.0.1:8443 ssl;\n  ssl_certificate a.crt;\n  ssl_certificate_key a.key;\n}\n": true,
		"server {\n  gzip_proxied any;\n}\n":    true,
		"server {\n  gzip_proxied always;\n}\n": false,
		"server {\n  gzip_proxed any;\n}\n":     false,
	} {
		if err := s.nginx(t, text); (err == nil) != ok {
			t.Errorf("%s: %v", text, err)
		}
	}
}
