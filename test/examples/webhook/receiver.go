package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net/http"
	"strconv"
	"time"

	"brink/test/examples/purger"
)

const (
	maxBody = 1 << 20         // bytes
	maxAge  = 5 * time.Minute // of a call: one that somebody has recorded is of no use for longer
)

// receiver answers the CMS: 204 once the purge is in force. With any other answer
// the CMS has to call again.
type receiver struct {
	secret []byte
	node   purger.Client
	now    func() time.Time
}

func (c *receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "send a POST", http.StatusMethodNotAllowed)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
		return
	}
	if !c.genuine(r.Header.Get("X-Signature"), r.Header.Get("X-Timestamp"), body) {
		http.Error(w, "the signature does not fit", http.StatusUnauthorized)
		return
	}
	tags, err := tagsOf(body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if err := c.node.Purge(r.Context(), purger.Order{Tags: tags}); err != nil {
		log.Print(err)
		http.Error(w, "not purged", http.StatusBadGateway)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// genuine reports whether a call is the CMS's own, and a recent one. The
// comparison takes the same time wherever the two differ.
func (c *receiver) genuine(signature, timestamp string, body []byte) bool {
	got, err := hex.DecodeString(signature)
	if err != nil || !hmac.Equal(got, sign(c.secret, timestamp, body)) {
		return false
	}
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	return err == nil && c.now().Sub(time.Unix(seconds, 0)).Abs() <= maxAge
}

func sign(secret []byte, timestamp string, body []byte) []byte {
	mac := hmac.New(sha256.New, secret)
	io.WriteString(mac, timestamp+".") // a hash takes everything
	mac.Write(body)
	return mac.Sum(nil)
}

// change is what the CMS tells of an entry.
type change struct {
	Model string `json:"model"`
	Entry struct {
		ID int64 `json:"id"`
	} `json:"entry"`
}

// tagsOf names the pages that show an entry, and the lists of its model.
func tagsOf(body []byte) ([]string, error) {
	var c change
	if err := json.Unmarshal(body, &c); err != nil {
		return nil, err
	}
	if c.Model == "" || c.Entry.ID == 0 {
		return nil, errors.New("no model or no id of an entry")
	}
	return []string{c.Model, c.Model + "-" + strconv.FormatInt(c.Entry.ID, 10)}, nil
}
