# SPDX-License-Identifier: Apache-2.0
#
# Short names for the common commands; meson does the building. `make help` lists them.

BUILD   ?= build
PREFIX  ?= /usr/local
# Seconds per fuzz target for `make fuzz`.
FUZZ_SECONDS ?= 600
# Random worlds, and the first one's number, for `make oracle-random`.
N    ?= 10000
SEED ?= 1

# $(call compile,DIRECTORY,MESON OPTIONS,TARGETS): quiet unless something is wrong.
define compile
	@test -f $(1)/build.ninja || meson setup $(1) $(2) >/dev/null
	@ninja -C $(1) $(3) >$(1)/ninja.log || { cat $(1)/ninja.log; exit 1; }
endef

.PHONY: all build demo test test-cluster test-vm test-node-full bench bench-cluster fuzz oracle-random golden install static format clean help

all: build

build: ## compile the release program: build/src/plimsoll
	@tools/bootstrap build
	$(call compile,$(BUILD),--buildtype=release --prefix=$(PREFIX))

demo: build ## compile, then judge the example clusters
	@tools/demo $(BUILD)/src/plimsoll

test: ## every test: gcc, clang, sanitizers, style, documentation, fuzz smoke (12 minutes at most)
	@tools/bootstrap test
	@tools/test

test-cluster: build ## against the real Kubernetes 1.36 (tests/cluster/README.md); needs Go 1.26
	@tools/bootstrap cluster
	@tests/cluster/run.py --program $(BUILD)/src/plimsoll || test $$? = 77

test-vm: build ## what a real kernel does in QEMU, against what plimsoll says (1 minute)
	@tools/bootstrap vm
	@ninja -C $(BUILD) tests/vm/load >$(BUILD)/ninja.log || { cat $(BUILD)/ninja.log; exit 1; }
	@tests/vm/run.py --build $(BUILD) || test $$? = 77

test-node-full: build ## a real kubelet in QEMU joined to a real control plane (5 minutes; needs Go 1.26)
	@tools/bootstrap node
	@ninja -C $(BUILD) tests/vm/load >$(BUILD)/ninja.log || { cat $(BUILD)/ninja.log; exit 1; }
	@tests/node/run.py --build $(BUILD) || test $$? = 77

bench: build ## speed and memory, with the targets beside the measured figures
	@tools/bootstrap bench
	@tests/bench/run.py --build $(BUILD)

bench-cluster: build ## speed and memory on a live cluster of 1,000 nodes and 30,000 pods (FULL=1: 5,000 and 150,000); needs Go 1.26
	@tools/bootstrap cluster
	@tests/cluster/bench.py --program $(BUILD)/src/plimsoll $(if $(FULL),--full) || test $$? = 77

fuzz: ## run each fuzz target for FUZZ_SECONDS seconds (600)
	@tools/bootstrap fuzz
	@tools/fuzz --seconds $(FUZZ_SECONDS)

oracle-random: build ## N random worlds (10000) against kube-scheduler's own code; needs Go
	@tests/oracle/compare.py --fidelity $(BUILD)/tests/fidelity --worlds $(N) --seed $(SEED) || \
	  test $$? = 77

golden: ## rewrite the expected output of command-line cases and documentation; then git diff
	@tools/bootstrap test
	$(call compile,build-dev,-Dmode=developer)
	@tests/cli/run.py --program build-dev/src/plimsoll --update
	@tools/check-docs --program build-dev/src/plimsoll --update || test $$? = 77
	@tests/config/run.py --program build-dev/src/plimsoll --update
	@tests/corpus/rules.py --program build-dev/src/plimsoll --update || test $$? = 77

install: build ## install below PREFIX (/usr/local), honouring DESTDIR
	@meson install -C $(BUILD) --no-rebuild

static: ## one static binary: build-static/src/plimsoll
	@tools/bootstrap static
	$(call compile,build-static,--buildtype=release -Dstatic=true,src/plimsoll)
	@ls -l build-static/src/plimsoll

format: ## let clang-format lay out the C sources
	@tools/check-format --fix

clean: ## remove every build directory
	@rm -rf build build-dev build-static build-test build-fuzz

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 16
