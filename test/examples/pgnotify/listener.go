package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/jackc/pgx/v5"

	"brink/test/examples/purger"
)

const (
	pause   = time.Second           // before what failed is tried again
	alive   = 30 * time.Second      // how often a silent connection is tried
	gather  = 20 * time.Millisecond // what follows within this goes in one call
	maxTags = 1000                  // of a call
)

// listener carries tags from the database to the node.
type listener struct {
	database string
	node     purger.Client
	log      *log.Logger
}

// run listens until ctx ends. After any failure it begins again, and purges everything
// that may have changed meanwhile.
func (l *listener) run(ctx context.Context) {
	for ctx.Err() == nil {
		if err := l.listen(ctx); ctx.Err() == nil {
			l.log.Printf("%v; trying again", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

// listen works until its connection fails. It purges earlier changes after LISTEN has
// taken effect, so that no change is missed.
func (l *listener) listen(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, l.database)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, "LISTEN purge"); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	if err := l.node.Purge(ctx, purger.Order{All: true, Soft: true}); err != nil {
		return err
	}
	l.log.Print("listening")
	for {
		tags, err := next(ctx, conn)
		if err != nil {
			return err
		}
		if err := l.node.Purge(ctx, purger.Order{Tags: tags}); err != nil {
			return err
		}
	}
}

// next waits for a tag, and takes those that follow at once.
func next(ctx context.Context, conn *pgx.Conn) (tags []string, err error) {
	for patience := alive; len(tags) < maxTags; patience = gather {
		tag, err := wait(ctx, conn, patience)
		switch {
		case err == nil:
			if tag != "" {
				tags = append(tags, tag)
			}
		case !errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil:
			return nil, err
		case len(tags) > 0:
			return tags, nil
		default:
			if err := ping(ctx, conn); err != nil {
				return nil, err
			}
		}
	}
	return tags, nil
}

func wait(ctx context.Context, conn *pgx.Conn, patience time.Duration) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	n, err := conn.WaitForNotification(ctx)
	if err != nil {
		return "", err
	}
	return n.Payload, nil
}

// ping finds out about a connection that has gone without a word.
func ping(ctx context.Context, conn *pgx.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, alive)
	defer cancel()
	return conn.Ping(ctx)
}
