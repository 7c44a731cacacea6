# Cairn. `make` or `make help` lists what there is.
SHELL := /bin/bash
GO ?= go
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X cairn/bot/app.version=$(VERSION)
BUILD := CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)'
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
FUZZTIME ?= 20s
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: image-proof help run build test race lint fuzz bench eval cover image generate verify

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build ## Build and serve the built-in library on http://127.0.0.1:8080
	./bin/cairn serve $(ARGS)

build: ## Build the static binary bin/cairn
	@mkdir -p bin
	$(BUILD) -o bin/cairn .

test: ## Run all tests; what needs Chromium, PostgreSQL or ../shared says so when it is skipped
	@GO="$(GO)" bash .ci/test

race: ## Run all tests under the race detector
	$(GO) test -race ./...

lint: ## gofmt, vet, staticcheck, and cairn lint over the built-in library
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); echo "gofmt these files"; exit 1; }
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...
	$(GO) run . lint --bilingual runbooks/library

fuzz: ## Fuzz every parser for FUZZTIME each (default 20s)
	@set -e; for pkg in $$($(GO) list ./...); do \
	  for f in $$($(GO) test -list '^Fuzz' $$pkg 2>/dev/null | grep '^Fuzz' || true); do \
	    echo "== $$pkg $$f"; $(GO) test -run '^$$' -fuzz "^$$f\$$" -fuzztime $(FUZZTIME) $$pkg; \
	  done; done

bench: ## Run the Go benchmarks
	$(GO) test -run '^$$' -bench . -benchmem ./...

eval: build ## Measure retrieval quality on the development sets in ../shared/eval
	@bash retrieval/eval/run.sh ./bin/cairn

cover: ## Print test coverage per package
	$(GO) test -coverprofile=coverage.out ./... && $(GO) tool cover -func=coverage.out | tail -1

image: ## Build the container image (needs a Docker engine)
	docker build --build-arg VERSION=$(VERSION) -t cairn:$(VERSION) .

image-proof: ## Prove the parts of the image without a container engine (needs root)
	bash deploy/image-proof.sh

generate: ## Rebuild the built-in library's embedded index after editing runbooks/library
	$(GO) run ./bot/catalog/internal/builtinindex

verify: generate ## Fail when a generated file is stale
	git diff --exit-code -- bot/catalog
