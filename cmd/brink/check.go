package main

import (
	"fmt"

	"brink/conf"
)

type checkCommand struct {
	Conf string `arg:"" help:"A conf file, or a directory of *.hcl files."`
}

func (c checkCommand) Run() error {
	config, err := conf.Load(c.Conf)
	if err != nil {
		return fmt.Errorf("%s is not valid\n%w", c.Conf, err)
	}
	fmt.Printf("%s is valid: %d site(s), %d origin(s), %d listener(s), digest %.12s\n",
		c.Conf, len(config.Sites), len(config.Origins), len(config.Listens), config.Digest)
	return nil
}
