package main

import (
	"errors"
	"fmt"

	"brink/conf"
	"brink/edge"
	"brink/edge/accesslog"
)

type checkCommand struct {
	Conf string `arg:"" help:"A conf file, or a directory of *.hcl files."`
}

func (c checkCommand) Run() error {
	config, err := conf.Load(c.Conf)
	if err != nil {
		return fmt.Errorf("%s is not valid\n%w", c.Conf, err)
	}
	if err := errors.Join(edge.Check(config), accesslog.Check(config.Log)); err != nil {
		return fmt.Errorf("%s is valid, but cannot be put in force here: %w", c.Conf, err)
	}
	fmt.Printf("%s is valid: %d site(s), %d origin(s), %d listener(s), digest %s\n",
		c.Conf, len(config.Sites), len(config.Origins), len(config.Listens), config.Digest)
	for _, w := range warnings(config) {
		fmt.Println("warning: " + w)
	}
	return nil
}
