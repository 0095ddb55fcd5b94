package conf

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// withFiles is a directory with the files that examples and cases name.
func withFiles(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	put(t, dir, "admin.token", "  s3cret\n")
	put(t, dir, "shop.token", "sh0p\n")
	put(t, dir, "editors.token", "ed1tors\n")
	put(t, dir, "monitoring.token", "m0nitoring\n")
	put(t, dir, "empty.token", " \n")
	put(t, dir, "bad.token", "zwei Wörter\n")
	cert, key := certificate(t)
	put(t, dir, "ca.pem", string(cert))
	put(t, dir, "fleet.secret", "fl33t\n")
	put(t, dir, "fleet-ca.pem", string(cert))
	put(t, dir, "edge-1.pem", string(cert))
	put(t, dir, "edge-1.key", string(key))
	put(t, dir, "brink.creds", "any\n")
	return dir
}

func put(t testing.TB, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func certificate(t testing.TB) (cert, private []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	about := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true}
	der, err := x509.CreateCertificate(rand.Reader, about, about, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})
}
