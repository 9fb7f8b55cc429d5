# One command each; every target does its own set-up (scripts/setup: apt and pip, silent when nothing is missing).
PREFIX ?= /usr/local
SWIFT ?= swift
BUILD = .build
RELEASE_BUILD = .build-release
RELEASE_FLAGS = -c release --scratch-path $(RELEASE_BUILD) --static-swift-stdlib -Xlinker -s --product codetether

.PHONY: help setup check test demo build golden bench docs install clean

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: ## install what is missing
	@scripts/setup build

check: setup ## build without warnings, format, layers, generated docs
	@scripts/check

test: setup ## every test, on the debug build
	@scripts/setup test
	@scripts/test

build: setup ## the release binary, stripped, one file
	$(SWIFT) build $(RELEASE_FLAGS)
	@ls -l $(RELEASE_BUILD)/release/codetether | awk '{printf "codetether: %.1f MB\n", $$5 / 1e6}'

demo: build ## a real run on a small local model, no key needed
	@scripts/setup demo
	@scripts/demo/run $(RELEASE_BUILD)/release/codetether

golden: setup ## rewrite the golden files from the current behaviour
	@CODETETHER_UPDATE_GOLDEN=1 scripts/test

bench: build ## measure speed and memory on an instant scripted model
	@Benchmarks/run $(RELEASE_BUILD)/release/codetether

docs: setup ## regenerate docs/cli.md and schema/
	@scripts/docs

install: build ## PREFIX=/usr/local: the stripped binary in PREFIX/bin
	install -D -m 755 $(RELEASE_BUILD)/release/codetether $(DESTDIR)$(PREFIX)/bin/codetether

clean: ## remove the build folders
	rm -rf $(BUILD) $(RELEASE_BUILD)
