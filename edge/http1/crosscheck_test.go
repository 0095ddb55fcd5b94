package http1

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"brink/edge/engine"
)

// Another implementation understands the engine, and the engine it.
func TestNetHTTPClient(t *testing.T) {
	s := start(t, new(fake), engine.Config{})
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	for i := range 20 {
		content := strings.Repeat("x", i*1000)
		var body io.Reader = strings.NewReader(content)
		if i%2 == 0 {
			body = io.MultiReader(body) // of unknown length: chunked
		}
		req, err := http.NewRequest("POST", "http://"+s.addr+"/a", body)
		if err != nil {
			t.Fatal(err)
		}
		if i%3 == 0 {
			req.Header.Set("Expect", "100-continue")
		}
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if want := fmt.Sprintf("%q\n", content); err != nil || resp.StatusCode != 200 || i > 0 && !strings.HasSuffix(string(got), want) {
			t.Errorf("%d: got %d %.80q, %v", i, resp.StatusCode, got, err)
		}
	}
}
