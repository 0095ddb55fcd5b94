package main

import (
	"context"
	"flag"
	"log"
	"os"
	"os/signal"
	"syscall"

	"brink/test/examples/purger"
)

func main() {
	database := flag.String("database", os.Getenv("DATABASE_URL"), "PostgreSQL's connection string; default: $DATABASE_URL, else libpq's variables")
	node := purger.Flags(flag.CommandLine)
	flag.Parse()
	client, err := node()
	if err != nil {
		log.Fatal(err)
	}
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer cancel()
	l := listener{database: *database, node: client, log: log.Default()}
	l.run(ctx)
}
