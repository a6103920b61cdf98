# Every task of the repository. `make run` and `make test` work on a fresh Debian 12 machine with Swift 6.3.

# One configuration serves everything (release: the suites execute millions of EVM instructions), so nothing is compiled
# twice. Machines with AVX2 and BMI2 get code for them; `make MARCH=` builds for any x86-64.
HAS_V3 := $(shell grep -qw avx2 /proc/cpuinfo 2>/dev/null && grep -qw bmi2 /proc/cpuinfo && echo yes)
MARCH ?= $(if $(HAS_V3),x86-64-v3,)
JOBS ?= 2
# Debug information is line numbers only: the places of variables in the interpreter's loops take four times as long to
# compute as the loops themselves take to compile.
FLAGS := -c release -j $(JOBS) -Xswiftc -gline-tables-only --explicit-target-dependency-import-check error $(if $(MARCH),-Xswiftc -Xcc -Xswiftc -march=$(MARCH) -Xcc -march=$(MARCH),)
BIN := .build/release
VENV := .venv
PYTHON := $(VENV)/bin/python
DEBIAN := librocksdb-dev libsecp256k1-dev libssl-dev libgmp-dev libyaml-dev zlib1g-dev libzstd-dev pkg-config python3-venv
ARGS ?=

.PHONY: help deps deps-test build run test test-unit test-e2e attack images lint reference format fuzz model bench bench-counts bench-guest bench-proof bench-rpc package install clean

help: ## List the tasks
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

deps: ## Install the Debian packages that are missing
	@scripts/install-debian-packages $(DEBIAN)
	@scripts/build-info

# The tests of the page, of dashboards and alerts skip by name where these cannot be had.
deps-test:
	-@scripts/install-debian-packages chromium chromium-driver
	-@scripts/install-debian-packages prometheus

$(VENV)/.installed: Tests/EndToEnd/requirements.txt
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -r $<
	@touch $@

build: deps ## Build the node and its tools
	swift build $(FLAGS)

# Only the node: its modules are little more than half of what there is to compile.
run: deps ## Run a local rollup with its L1: JSON-RPC on 3050 and 8545, a page on 3051 (ARGS="--help" for options)
	swift build $(FLAGS) --product sequencer
	$(BIN)/sequencer --profile development $(ARGS)

test: test-unit test-e2e ## Run every test

# Tests at a time. All at once, as is the default, each waits for all others between any two of its steps, and what is
# to happen within two minutes does not.
WIDTH := --experimental-maximum-parallelization-width 16

test-unit: deps
	swift build $(FLAGS) --build-tests
	scripts/check-documentation EVM
	scripts/reference check
	swift test $(FLAGS) $(WIDTH) --skip-build
	SETTLEMENT_SEED=1000 SETTLEMENT_RUNS=1000 swift test $(FLAGS) --skip-build --filter L1SettlementTests.SimulationTests

test-e2e: deps deps-test $(VENV)/.installed
	swift build $(FLAGS)
	$(PYTHON) -m pytest -q Tests/EndToEnd
	$(PYTHON) -m pytest -q Tests/Attack

attack: deps $(VENV)/.installed ## Attack a node for a while, on an idle machine (ARGS="-k filters" for one); prints the lines of docs/security.md
	swift build $(FLAGS) --product sequencer
	ATTACK_SECONDS=$(or $(ATTACK_SECONDS),30) $(PYTHON) -m pytest -q -s Tests/Attack $(ARGS)

images: deps deps-test $(VENV)/.installed ## Take the pictures of docs/page.md
	swift build $(FLAGS) --product sequencer
	$(PYTHON) Tests/EndToEnd/page_images.py

lint: ## Check the formatting and the house rules
	swift format lint --strict --recursive --parallel Package.swift Sources Tests Examples Fuzz/Package.swift Fuzz/Sources
	scripts/check-house-rules
	scripts/check-unused --self-test
	scripts/check-unused

reference: build ## Write docs/configuration.md, json-rpc.md and metrics.md from the code
	scripts/reference write

format: ## Format the sources in place
	swift format --in-place --recursive --parallel Package.swift Sources Tests Examples Fuzz/Package.swift Fuzz/Sources

fuzz: deps ## Fuzz every decoder, both interpreters, the precompiles and the proving machine for seconds (ARGS="--seconds 3600 rlp" for longer)
	Fuzz/run $(ARGS)

model: ## Check the model of how a block becomes visible, and that each of its rules is needed (ARGS=--long for more)
	@scripts/install-debian-packages spin gcc libc6-dev
	scripts/check-model $(ARGS)

# Without ARGS, those that need no data from outside.
bench: build ## Run every benchmark (ARGS="evm" for one)
	$(if $(ARGS),$(BIN)/zkos bench $(ARGS),@set -e; for bench in crypto precompiles evm stf "tree --blocks 100"; do \
	  echo "== $$bench"; $(BIN)/zkos bench $$bench; done)

bench-counts: deps ## Count the processor's instructions per EVM instruction, under valgrind (ARGS="--workloads DIR")
	scripts/count-instructions --march "$(MARCH)" $(ARGS)

bench-guest: build ## Compare the proving machine with an interpreter in C (ARGS="--image server_app.bin")
	gcc -O2 -shared -fPIC -o .build/guest-interpreter.so Sources/Tools/Benchmarks/Guest/interpreter.c
	$(BIN)/zkos bench guest --c-interpreter .build/guest-interpreter.so $(ARGS)

bench-proof: build ## Measure the verification of a proof (ARGS="--verifier recursion_layer.bin --proof FILE")
	gcc -O2 -shared -fPIC -o .build/guest-interpreter.so Sources/Tools/Benchmarks/Guest/interpreter.c
	$(BIN)/zkos bench proof --c-interpreter .build/guest-interpreter.so $(ARGS)

bench-rpc: build $(VENV)/.installed ## Measure what heavy calls and subscribers cost everybody else, on an idle machine
	$(PYTHON) Tests/EndToEnd/load_heavy.py
	$(PYTHON) Tests/EndToEnd/load_subscribers.py --subscriptions 32
	$(PYTHON) Tests/EndToEnd/load_subscribers.py

PREFIX ?= /usr/local

package: deps ## Make the release archive in .build/package: programs that need only glibc, unit, manual (MARCH= for every x86-64)
	scripts/package "$(MARCH)" $(FLAGS)

install: package ## Install the programs, the unit, the manual and completions (PREFIX=/usr/local DESTDIR=)
	scripts/install "$(DESTDIR)$(PREFIX)" "$(DESTDIR)"

clean: ## Remove what was built
	rm -rf .build Fuzz/.build $(VENV)
