# Postern. `make help` lists what there is.

VERSION := $(shell cat VERSION)
LDFLAGS := -s -w -X main.version=$(VERSION)
BIN     := bin/postern

# Everything is built as the binary is, so that one build of SQLite's code,
# which takes a minute, serves the binary, the tests and what the tests build.
# Without a table of symbols, which only a debugger reads, linking takes two
# thirds of the time.
export CGO_ENABLED := 0
export GOFLAGS := $(GOFLAGS) -trimpath '-ldflags=-s -w'

# The race detector needs a C compiler; without one the tests run without it. It
# watches Postern and all libraries except SQLite and the memory and C library
# under it, translated from C: database/sql locks the connections, and the tests
# would take four times as long. A library that uses generic code of the standard
# library, such as sync.Map, can't be left out: the linker keeps one copy of such
# code, and where that one is not watched, the detector reports races that are none.
# Names are resolved as by the binary, which is built without C.
CAN_RACE  := $(shell command -v $${CC:-cc} >/dev/null 2>&1 && echo yes)
UNWATCHED := modernc.org/sqlite/lib modernc.org/libc/... modernc.org/memory
RACE      := -race -tags netgo,osusergo $(UNWATCHED:%=-gcflags=%=-race=false)

# Tests put their data in memory where there is room: thousands of stores are
# opened, and each waits for the disk dozens of times.
TEST_TMP := $(shell sh scripts/tmp.sh)

.DEFAULT_GOAL := help
.PHONY: help run demo build test test-go test-race test-long full-size test-browser tools generate verify verify-code verify-generated lint fuzz bench bench-go soak soak-receivers soak-browser release clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## Build, and serve on 127.0.0.1:8000 with ./data
	$(BIN) serve

demo: build ## Serve with a simulated site and a receiver: see everything move
	$(BIN) demo

build: ## Build bin/postern, a static binary
	CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o $(BIN) ./cmd/postern

# `make -j2 --output-sync=line verify test` runs two of these at once, and prints
# the output of each in one piece. The browser tests come first: the Go tests then
# have the processor's time that the browser tests leave while they wait.
test: test-browser test-go ## Run every test; it first installs what is missing (POSTERN_NO_INSTALL=1: nothing)

# Every test runs once at its full size (scripts/tests.sh divides them):
#   - where goroutines meet, with the race detector. There, tests that compute in
#     one goroutine, six times slower than without the detector, are left out, and
#     random ones have fewer rounds (-short, internal/fullrun);
#   - those tests at their full size, and the budgets of allocations, of which the
#     detector makes its own, without it;
#   - all other packages without it. The commands' tests run the binary.
# Half of the tests wait rather than compute, hence -parallel. `make verify` vets.
GO_TEST := TMPDIR=$(TEST_TMP) go test -vet=off -parallel 4 -timeout 20m
test-go: tools
ifeq ($(CAN_RACE),yes)
	CGO_ENABLED=1 $(GO_TEST) $(RACE) -short $$(sh scripts/tests.sh raced)
	$(GO_TEST) -run "$$(sh scripts/tests.sh whole)" $$(sh scripts/tests.sh raced)
	$(GO_TEST) $$(sh scripts/tests.sh plain)
else
	$(GO_TEST) ./...
endif

test-race: tools ## Run every Go test at its full size with the race detector, which takes half an hour
	CGO_ENABLED=1 TMPDIR=$(TEST_TMP) go test $(RACE) -vet=off -timeout 60m ./...

test-long: test-race soak soak-receivers soak-browser ## Run what make test has less of: the race detector at full size, 200 kills, and the soaks; two hours

test-browser: tools build node_modules/.package-lock.json
	POSTERN_BIN=$(CURDIR)/$(BIN) npm test --silent

# In a folder that POSTERN_FULL_SIZE names, the data stay for the next run.
full-size: tools node_modules/.package-lock.json ## Measure every page with 400 cameras, 40 webhooks, 10,000 open alerts and 1 M events, and check it in a browser
	data=$${POSTERN_FULL_SIZE:-$$(mktemp -d $(TEST_TMP)/postern-full-size.XXXXXX)}; \
	POSTERN_FULL_SIZE=$$data TMPDIR=$(TEST_TMP) go test -run 'TestFullSize$$' -count=1 -timeout 30m -v ./internal/web; \
	status=$$?; [ -n "$$POSTERN_FULL_SIZE" ] || rm -rf "$$data"; exit $$status

tools: ## Install the programs that the tests need (POSTERN_NO_INSTALL=1: name them only)
	sh scripts/tools.sh

node_modules/.package-lock.json: package-lock.json package.json
	npm ci --no-progress
	@touch $@

generate: node_modules/.package-lock.json ## Generate the Go of the pages, and the assets
	go tool templ generate -log-level error
	npm run build --silent

verify: verify-generated verify-code ## Check format, vet, linters, generated files and both architectures

verify-code:
	sh scripts/verify.sh

verify-generated: node_modules/.package-lock.json
	sh scripts/generated.sh

# What is built while files are generated would have half of a file.
verify-code: | verify-generated
ifneq ($(filter verify verify-generated,$(MAKECMDGOALS)),)
build test-go: | verify-generated
endif

lint: ## Run the linters, and look for known vulnerabilities where their database can be reached
	sh scripts/lint.sh
	sh scripts/vulnerabilities.sh

FUZZTIME ?= 30s
fuzz: ## Fuzz every target for FUZZTIME (30s) each
	sh scripts/fuzz.sh $(FUZZTIME)

bench: build ## Measure Postern on this machine beside what the machine can do (BENCH='--help' for its flags)
	go run ./cmd/bench $(BENCH)

bench-go: ## Run the Go benchmarks
	go test -run '^$$' -bench . -benchmem ./internal/...

soak: build ## Kill the service 200 times under load, and check that no accepted event is lost
	POSTERN_KILLS=200 go test -run TestKill -timeout 60m -v ./cmd/postern

SOAK ?= 10m
soak-receivers: ## Post 2,000 events a second for SOAK (10m) in 512 MiB, to receivers of which two refuse or hang
	POSTERN_SOAK=$(SOAK) go test -run TestSoak -count=1 -timeout 60m -v ./cmd/postern

SOAK_SECONDS ?= 60
soak-browser: build node_modules/.package-lock.json ## Watch live pages' tabs for SOAK_SECONDS (60) each under 5,000 events a second
	POSTERN_BIN=$(CURDIR)/$(BIN) SOAK_SECONDS=$(SOAK_SECONDS) node tests/browser/soak.mjs

release: ## Build the binaries of a release for both architectures into dist, with checksums and their contents
	sh scripts/release.sh

clean: ## Remove what was built
	rm -rf bin dist node_modules
