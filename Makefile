# `make help` lists what there is. Every tool is built from a pinned version outside the tree; nothing else is needed
# than Go, make, git and a C compiler (for the race detector).
SHELL := bash
MODULE := github.com/kubectl-pss/kubectl-pss
VERSION ?= $(shell git describe --tags --match 'v[0-9]*' --dirty 2>/dev/null || echo "v0.0.0-dev+$$(git rev-parse --short HEAD 2>/dev/null || echo unknown)")
GO ?= go
# Flags of every binary that a user gets. Lint, end-to-end and cross builds share them, and what is tested without
# the race detector, so that dependencies compile once.
export_build := CGO_ENABLED=0 GOFLAGS='$(strip $(GOFLAGS) -trimpath)'
# Without the tree's path in it, what one clone has compiled serves the next one. The race detector needs cgo.
export_race := CGO_ENABLED=1 GOFLAGS='$(strip $(GOFLAGS) -trimpath)'
ldflags := -s -w -X $(MODULE)/pkg/cmd.version=$(VERSION)
# Where `make install` puts the plugin: $(PREFIX)/bin, else where `go install` would.
BINDIR ?= $(if $(PREFIX),$(PREFIX)/bin,$(shell $(GO) env GOBIN | grep . || echo "$$($(GO) env GOPATH)/bin"))
# What cannot be run here is at least built: one platform of each other system.
CROSS ?= darwin/arm64 windows/amd64
# Of the tests apart from the code, those that need no server; scripts, e2e and engines have targets of their own.
unit_tests := $(patsubst %,./%/...,$(filter-out test/e2e test/scripts test/engines,$(wildcard test/*)))

LINT = $$(hack/tools/install.sh)
# A linter with little memory spends a quarter of its time on collecting garbage.
lint_memory := GOGC=400 GOMEMLIMIT=6GiB
STAGE := hack/tools/stage.sh

.DEFAULT_GOAL := help
# One stage after the other, whatever -j says: two cores, and output to be read.
.NOTPARALLEL:

##@ Use

.PHONY: help
help: ## Show this help
	@awk 'BEGIN {FS = ":.*## "} \
	  /^##@ / {printf "\n%s\n", substr($$0, 5)} \
	  /^[a-z][a-z0-9-]*:.*## / {printf "  %-14s%s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

.PHONY: build
build: ## Build bin/kubectl-pss, with the completion shim beside it
	@mkdir -p bin
	@$(export_build) $(GO) build -ldflags '$(ldflags)' -o bin/kubectl-pss ./cmd/kubectl-pss
	@cp plugins/* bin/
	@echo "built bin/kubectl-pss $(VERSION)"

.PHONY: install
install: build ## Install to PREFIX/bin, GOBIN or ~/go/bin, so that `kubectl pss` finds it
	@mkdir -p '$(BINDIR)'
	@install -m 755 bin/kubectl-pss bin/kubectl_complete-pss '$(BINDIR)'
	@echo "installed to $(BINDIR)"
	@case ":$$PATH:" in *':$(BINDIR):'*) ;; *) echo "note: $(BINDIR) is not on your PATH";; esac

.PHONY: demo
demo: build ## Start a local Kubernetes with a demo estate and check it (the first time builds Kubernetes: about 8 minutes)
	@hack/demo/run.sh

.PHONY: demo-down
demo-down: ## Remove the demo's cluster and all of its files
	@hack/demo/down.sh

.PHONY: demo-psp
demo-psp: build ## Start a local Kubernetes 1.24 whose pods live by PodSecurityPolicy, and look for the way out of it
	@hack/demo/psp.sh

.PHONY: demo-psp-down
demo-psp-down: ## Remove that cluster and all of its files
	@DEMO_NAME="$${DEMO_NAME:-demo-psp}" hack/demo/down.sh

##@ Develop

.PHONY: test
test: fuzztime = 3s
test: fuzzcache = none
test: verify lint unit engines fuzz scripts cross e2e ## Run everything that CI runs (cold: about fifty minutes on two cores, then about eleven)

.PHONY: verify
verify: ## Check go.mod, formatting, file lengths, and that each lint rule bites
	@$(STAGE) 'verify: tidy' hack/verify-tidy.sh
	@$(STAGE) 'verify: format' hack/verify-format.sh
	@$(STAGE) 'verify: length' hack/verify-length.sh
	@$(STAGE) 'verify: lint rules' hack/verify-lint.sh

.PHONY: lint
lint: ## Lint, go vet included; findings end it
	@$(STAGE) 'lint' env $(export_build) $(lint_memory) $(LINT) run ./...
	@cd hack/localkube && ../tools/stage.sh 'lint: localkube' env $(export_build) $(lint_memory) $$(../tools/install.sh) run ./...
	@cd test/engines && ../../hack/tools/stage.sh 'lint: engines' env $(export_build) $(lint_memory) $$(../../hack/tools/install.sh) run ./...

.PHONY: unit
unit: ## Run the unit tests, with the race detector and in random order
	@# The longest first, beside others that wait; test/faults, whose limits of time bear it least, then has the end.
	@$(STAGE) 'unit' env $(export_race) $(GO) test -race -shuffle=on ./test/conformance/... ./cmd/... ./pkg/... $(unit_tests)
	@$(STAGE) 'unit: faults' env $(export_build) $(GO) test -v -run TestMatrix ./test/faults
	@$(STAGE) 'unit: dist' env $(export_build) $(GO) test -shuffle=on ./hack/dist/...
	@$(STAGE) 'unit: localkube' $(GO) -C hack/localkube test -shuffle=on ./...

.PHONY: engines
engines: ## Judge pods by what export prints, with each engine that runs here (the first time builds gator and kyverno)
	@$(STAGE) 'engines: gator' hack/tools/install.sh gator
	@$(STAGE) 'engines: kyverno' hack/tools/install.sh kyverno
	@$(STAGE) 'engines' env $(export_build) $(GO) -C test/engines test -shuffle=on ./...

.PHONY: fuzz
fuzz: ## Fuzz each target for FUZZTIME (10s; 3s in make test)
	@$(STAGE) 'fuzz' env FUZZTIME='$(or $(FUZZTIME),$(fuzztime),10s)' FUZZCACHE='$(or $(FUZZCACHE),$(fuzzcache))' hack/fuzz.sh

.PHONY: vuln
vuln: ## Look for known vulnerabilities in what a release is built of; GOVULNDB may name a copy of the database
	@$(STAGE) 'vuln' hack/vuln.sh

.PHONY: scripts
scripts: ## Run the command against scripted API servers (testscript)
	@# More at once than there are cores: some of them only wait for a server that hangs.
	@$(STAGE) 'scripts' env $(export_race) $(GO) test -race -shuffle=on -parallel 4 ./test/scripts/...

.PHONY: cross
cross: ## Build for other systems: CROSS="darwin/arm64 windows/amd64"
	@for platform in $(CROSS); do \
	  $(STAGE) "cross: $$platform" env $(export_build) GOOS=$${platform%/*} GOARCH=$${platform#*/} \
	    $(GO) build -ldflags '$(ldflags)' -o /dev/null ./cmd/kubectl-pss || exit 1; \
	done

.PHONY: dist
dist: ## Build what a release consists of into dist, twice, and install each archive as krew would
	@$(STAGE) 'dist' $(GO) run ./hack/dist -version '$(VERSION)'

.PHONY: e2e
e2e: ## Test against a real API server, which the tests start and end themselves
	@$(STAGE) 'e2e' env $(export_build) $(GO) test -tags e2e -count 1 -timeout 60m -ldflags '-s -w' ./test/e2e/...

.PHONY: e2e-full
e2e-full: export PSS_E2E_FULL = 1
e2e-full: e2e ## The same, and every probe of each exported policy, those that differ little included

.PHONY: bench
bench: ## Compare whole checks of up to 50,000 pods with the least they could cost; BENCH="--pods 1000" sets its flags
	@$(STAGE) 'bench' env $(export_build) $(GO) run ./test/bench $(BENCH)

.PHONY: bench-micro
bench-micro: ## Measure each stage of a check alone, into dist/micro.txt for benchstat; MICRO="-bench Fold" sets flags
	@mkdir -p dist
	@$(STAGE) 'bench-micro' bash -o pipefail -c \
	  "$(GO) test -run '^$$' -bench . -benchmem -count 6 -timeout 60m $(MICRO) ./test/bench ./pkg/standard | tee dist/micro.txt"

.PHONY: fidelity
fidelity: ## Send random requests to real API servers and compare every answer; FIDELITY="--requests 100000" sets its flags
	@$(STAGE) 'fidelity' env $(export_build) $(GO) run ./test/fidelity $(FIDELITY)

.PHONY: fmt
fmt: ## Format the Go files
	@$(LINT) fmt ./...
	@cd hack/localkube && $$(../tools/install.sh) fmt ./...
	@cd test/engines && $$(../../hack/tools/install.sh) fmt ./...

.PHONY: fix
fix: ## Let the linter repair what it can, then format
	@$(export_build) $(LINT) run --fix ./...
	@cd hack/localkube && $$(../tools/install.sh) run --fix ./...
	@cd test/engines && $(export_build) $$(../../hack/tools/install.sh) run --fix ./...

.PHONY: golden
golden: ## Rewrite the golden files with what the code prints now; read the diff before you commit it
	$(GO) test ./pkg/printer/... -update

.PHONY: verify-lint
verify-lint: ## Prove that each lint rule bites
	@hack/verify-lint.sh

.PHONY: tools
tools: ## Build the pinned linter now (later: on first use)
	@hack/tools/install.sh

.PHONY: clean
clean: ## Remove bin and dist; caches and clusters stay
	rm -rf bin dist
