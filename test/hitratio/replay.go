package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
)

// replay sends requests in order, by some clients at a time, and checks what
// comes back.
func replay(address string, requests []request, clients int) error {
	client := http.Client{
		Timeout:   30 * time.Second,
		Transport: &http.Transport{MaxIdleConnsPerHost: clients, DisableCompression: true},
	}
	defer client.CloseIdleConnections()
	var next atomic.Int64
	errs := make([]error, clients)
	var wg sync.WaitGroup
	for i := range clients {
		wg.Go(func() {
			buf := make([]byte, 64<<10)
			for errs[i] == nil {
				n := int(next.Add(1)) - 1
				if n >= len(requests) {
					return
				}
				errs[i] = ask(&client, address, requests[n], buf)
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

func ask(client *http.Client, address string, r request, buf []byte) error {
	path := r.path()
	resp, err := client.Get(address + path)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", path, resp.Status)
	}
	begin := []byte(path + "\n")
	begin = begin[:min(int64(len(begin)), r.size)]
	n, err := io.ReadFull(resp.Body, buf[:len(begin)])
	if err != nil || !bytes.Equal(buf[:n], begin) {
		return fmt.Errorf("%s: other content: %w", path, err)
	}
	rest, err := io.CopyBuffer(io.Discard, resp.Body, buf)
	if err != nil || int64(n)+rest != r.size {
		return fmt.Errorf("%s: %d bytes: %w", path, int64(n)+rest, err)
	}
	return nil
}

// gauge looks now and then how much a folder takes, until stop is called, which
// returns the most that it took.
func gauge(dir string) (stop func() int64) {
	quit, done := make(chan struct{}), make(chan int64)
	go func() {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		var most int64
		for {
			select {
			case <-tick.C:
				most = max(most, taken(dir))
			case <-quit:
				done <- max(most, taken(dir))
				return
			}
		}
	}()
	return func() int64 { close(quit); return <-done }
}

func taken(dir string) (n int64) {
	// Files that go meanwhile do not count.
	_ = filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return nil
		}
		if info, err := e.Info(); err == nil {
			n += info.Size()
		}
		return nil
	})
	return n
}
