package main

import (
	"fmt"
	"io"

	"brink/edge/message"
)

// printReasons prints the glossary: each reason, what it means and what to do about it.
func printReasons(w io.Writer) error {
	for _, t := range message.Glossary() {
		if _, err := fmt.Fprintf(w, "%s\n  %s\n", t.Word, t.Meaning); err != nil {
			return err
		}
		if t.Advice == "" {
			continue
		}
		if _, err := fmt.Fprintf(w, "  %s\n", t.Advice); err != nil {
			return err
		}
	}
	return nil
}
