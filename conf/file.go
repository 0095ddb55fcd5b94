package conf

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"unicode"
)

const (
	maxToken       = 4 << 10
	maxAuthorities = 4 << 20
)

// checkFileName accepts names of files that the conf refers to.
func checkFileName(text string) *fault {
	if strings.ContainsFunc(text, unicode.IsControl) {
		return wrong("%q: a file's name with a control character", text)
	}
	return nil
}

// checkLog accepts the words of access and names of files. A file's name must have a "/"
// or a ".", so that a misspelt word is an error.
func checkLog(text string) *fault {
	words := []string{"stdout", "stderr", "off"}
	for _, w := range words {
		if text == w {
			return nil
		}
	}
	if !strings.ContainsAny(text, "/.") {
		return wrong("%q is neither a word nor a file", text).meant(nearest(text, words)).
			detailed("the words are %s; a file's name has a \"/\" or a \".\"", quoted(words))
	}
	return checkFileName(text)
}

// beside returns the path of a file whose name is relative to the conf file that names it.
func beside(b *block, name string) string {
	if filepath.IsAbs(name) {
		return filepath.Clean(name)
	}
	return filepath.Join(b.dir, name)
}

// tokenText reads a token file.
func (d *decoder) tokenText(a *attribute, name string) string {
	text, err := readFile(name, maxToken)
	token := strings.TrimSpace(string(text))
	var f *fault
	switch {
	case err != nil:
		f = wrong("%s: %s", name, reason(err))
	case token == "":
		f = wrong("%s is empty: it should hold the token", name)
	default:
		f = checkTokenText(name, token)
	}
	if f != nil {
		d.add(f.in(a.value.Range()).of(a.name))
		return ""
	}
	return token
}

// checkTokenText accepts what can be sent as a bearer token: visible ASCII.
func checkTokenText(name, token string) *fault {
	for i := range len(token) {
		if token[i] <= ' ' || token[i] >= 0x7f {
			return wrong("%s holds a token with a character that cannot be sent: at byte %d", name, i+1)
		}
	}
	return nil
}

// authorities reads a file of certificates.
func (d *decoder) authorities(a *attribute, name string) []byte {
	text, err := readFile(name, maxAuthorities)
	if err == nil {
		err = checkAuthorities(text)
	}
	if err != nil {
		d.add(wrong("%s: %s", name, reason(err)).in(a.value.Range()).of(a.name))
		return nil
	}
	return text
}

func checkAuthorities(text []byte) error {
	found := false
	for rest := text; ; {
		var p *pem.Block
		if p, rest = pem.Decode(rest); p == nil {
			break
		}
		if p.Type != "CERTIFICATE" {
			continue
		}
		if _, err := x509.ParseCertificate(p.Bytes); err != nil {
			return errors.New("a certificate in it cannot be read")
		}
		found = true
	}
	if !found {
		return errors.New("it holds no certificate in PEM form")
	}
	return nil
}

// reason says why a file cannot be read, without its name.
func reason(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}
