package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"

	"github.com/alecthomas/kong"
)

// commands are the commands of the binary. The tags are the help texts.
type commands struct {
	Serve   serveCommand   `cmd:"" help:"Run the node with a conf file or a directory of *.hcl files."`
	Demo    demoCommand    `cmd:"" help:"Run a small origin and a node in front of it, and show what the cache does."`
	Check   checkCommand   `cmd:"" help:"Check whether a conf file or directory is valid. Nothing is started."`
	Explain explainCommand `cmd:"" help:"Ask a running node what it would do with a request, and why."`
	Purge   purgeCommand   `cmd:"" help:"Purge URLs, tags, prefixes, hosts or sites on a running node, or on its fleet."`
	Reload  reloadCommand  `cmd:"" help:"Make a running node read its conf again."`
	Store   storeCommand   `cmd:"" help:"Inspect, verify or compact the directory of a disk tier, while no node has it open."`
	Version versionCommand `cmd:"" help:"Print the version."`

	ShowVersion kong.VersionFlag `name:"version" help:"Print the version."`
}

func main() {
	var c commands
	k := kong.Parse(&c,
		kong.Name("brink"),
		kong.Description("An HTTP response cache and CDN edge node in front of your origins."),
		kong.UsageOnError(),
		kong.Vars{"version": "brink " + version()},
	)
	if err := k.Run(); err != nil {
		sayLast(os.Stderr, "brink: "+err.Error()+"\n")
		os.Exit(1)
	}
}

type versionCommand struct{}

func (versionCommand) Run() error {
	fmt.Println("brink", version(), runtime.Version(), runtime.GOOS+"/"+runtime.GOARCH)
	return nil
}

// version returns the module version that the binary was built from.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}
