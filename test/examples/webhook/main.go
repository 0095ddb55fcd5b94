package main

import (
	"errors"
	"flag"
	"log"
	"net/http"
	"time"

	"brink/test/examples/purger"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:9090", "where the CMS calls")
	secretFile := flag.String("secret-file", "", "file with the secret that the CMS signs with")
	node := purger.Flags(flag.CommandLine)
	flag.Parse()
	if err := serve(*listen, *secretFile, node); err != nil {
		log.Fatal(err)
	}
}

func serve(listen, secretFile string, node func() (purger.Client, error)) error {
	client, err := node()
	if err != nil {
		return err
	}
	secret, err := purger.Secret(secretFile)
	if err != nil {
		return err
	}
	if secret == "" {
		return errors.New("without a secret anybody could purge: give -secret-file")
	}
	server := http.Server{
		Addr: listen, Handler: &receiver{secret: []byte(secret), node: client, now: time.Now},
		ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second,
	}
	return server.ListenAndServe()
}
