# Madoguchi's everyday commands; `make help` lists them.

# What the demo runs on, and what the tests need beside it. build-essential: SQLite, zstd and ring have C in them.
DEMO_PACKAGES := build-essential dovecot-imapd dovecot-lmtpd postfix
TEST_PACKAGES := $(DEMO_PACKAGES) postgresql swaks neomutt
CARGO ?= cargo

.DEFAULT_GOAL := help
.PHONY: help demo test lint bench fmt deb-packages need-cargo need-cargo-deny

help: ## List these commands
	@grep -hE '^[a-z-]+:.*##' Makefile | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 22

demo: need-cargo ## Play the main job on real mail servers (ONCE=1: exit after the story)
	@.ci/deb-packages $(DEMO_PACKAGES)
	@test -x target/release/madoguchi || echo "Building Madoguchi; the first time takes some minutes."
	@$(CARGO) build --release --bin madoguchi
	@$(CARGO) run --release --quiet --bin madoguchi -- demo $(if $(filter 1,$(ONCE)),--once)

test: need-cargo ## Run every test: units, fixtures, both databases, stories on real servers
	@.ci/deb-packages $(TEST_PACKAGES)
	$(CARGO) test
	@echo "Tests passed on SQLite (built in) and on PostgreSQL $$(ls /usr/lib/postgresql | sort -n | tail -n 1) (a private cluster)."

lint: need-cargo need-cargo-deny ## Check format, lints, documentation, licences and banned crates
	@.ci/deb-packages build-essential
	$(CARGO) fmt --check
	$(CARGO) clippy --all-targets -- -D warnings
	RUSTDOCFLAGS=-Dwarnings $(CARGO) doc --no-deps --quiet
	$(CARGO) deny check bans licenses sources

bench: need-cargo ## Measure mails per second, CPU, memory and latency on real servers
	@.ci/deb-packages $(DEMO_PACKAGES) postgresql
	$(CARGO) bench --bench end_to_end

fmt: need-cargo ## Format the code
	$(CARGO) fmt

deb-packages: ## Install the Debian packages that are missing, for everything above
	@.ci/deb-packages $(TEST_PACKAGES)

need-cargo:
	@command -v $(CARGO) >/dev/null || { echo "Rust is missing: install rustc and cargo 1.95 or later from https://rustup.rs" >&2; exit 1; }

need-cargo-deny: need-cargo
	@command -v cargo-deny >/dev/null || { echo "Installing cargo-deny; this takes some minutes, once."; $(CARGO) install cargo-deny --locked --quiet; }
