# make without a target prints the targets.

GO ?= go
export CGO_ENABLED ?= 0

.DEFAULT_GOAL := help

help: ## print the targets
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## build ./brink
	$(GO) build -trimpath -o brink ./cmd/brink

demo: ## a small origin and a node in front of it, on 127.0.0.1:8080
	$(GO) run ./cmd/brink demo

test: ## all that CI runs: format, vet, staticcheck, tests, conformance, race detector
	test/run

race: ## all Go tests under the race detector
	CGO_ENABLED=1 $(GO) test -race ./...

fuzz: ## every fuzz target for FUZZTIME (default 30s) each
	test/fuzz

conformance: ## http-cache-tests against the real binary, as a table
	$(GO) test ./test/conformance -count=1 -v

bench: ## brink, nginx, Varnish and Traffic Server side by side, and 20 GiB through a disk tier (about 20 minutes)
	$(GO) run ./test/bench
	$(GO) run ./test/diskbench

bench-quick: ## the servers side by side with shorter runs, without the disk tier (about 3 minutes)
	$(GO) run ./test/bench -quick

hitratio: ## hit ratios of brink, with and without disk, and of the other caches (about 5 minutes)
	$(GO) run ./test/hitratio

diskbench: ## 20 GiB through a disk tier of 2 GiB (DISKBENCH="-gib 4" for less)
	$(GO) run ./test/diskbench $(DISKBENCH)

purgebench: ## how long a purge takes to reach 20 nodes and a node behind a bad link, and purges a second (about 4 minutes; the link needs root)
	$(GO) run ./test/purgebench
	$(GO) test ./test/fleet -count=1 -timeout 60m -v -run Relay -relayed 300

crashes: ## the disk tier after 1,000 crashes, 1,000 damages and 200 kills, and with a million objects (about 25 minutes)
	$(GO) test ./store/disk -count=1 -timeout 60m -v -run 'Crash|Kill|OpenLarge|Damages' -crashes 1000 -damages 1000 -kills 200 -slowkills 100 -million 1000000

faults: ## how long RAM hits take while the disk fails, as a table (about 9 minutes)
	$(GO) test ./test/faults -count=1 -timeout 60m -v -report 10s

pressure: ## slow uploads and readers, incomplete heads, stalled logs and purge storms against the real binary, as a table with bounds (about 30 minutes; one row needs root; PRESSURE="-run HalfHeads" runs one)
	$(GO) test ./test/pressure -count=1 -timeout 60m -v -all $(PRESSURE)

soak: ## a million mixed requests under the race detector
	CGO_ENABLED=1 $(GO) test -race ./test/soak -count=1 -timeout 60m -soak

purges: ## a million gets and 50,000 purges on one node and on five, twenty times, checked for linearizability (about 2 hours)
	$(GO) test ./test/linear -count=1 -timeout 240m -v -gets 1000000 -seeds 20 -breaks 10

apps: ## WordPress, MediaWiki, Next.js, an npm registry and imitations of Magento and Drupal behind the confs of conf/examples, with Chromium, as a table (about 5 minutes; installs them)
	$(GO) test ./test/apps -count=1 -timeout 30m -v -all

partitions: ## a node cut off from its fleet for a minute, in three ways, while 10,000 purges are sent (about 4 minutes; root)
	$(GO) test ./test/fleet -count=1 -timeout 60m -v -run Partition -partition 60s -missed 10000

.PHONY: help build demo test race fuzz conformance bench bench-quick hitratio diskbench purgebench apps crashes faults pressure purges partitions soak
