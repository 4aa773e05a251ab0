# Madoguchi: everything a newcomer needs is `make demo` and `make test`; `make help` lists the rest.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help demo test soak lint fmt bench fuzz screenshots install-debian clean

# Debian packages of the real servers and mail programs that demo and tests run.
PACKAGES := dovecot-imapd dovecot-lmtpd postfix postgresql swaks openssl

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' Makefile

install-debian: ## Install the Debian packages that are missing (sudo where not root)
	@scripts/install-debian $(PACKAGES)

demo: install-debian ## Play the main job on real servers; ONCE=1 ends after the story
	@echo "Building the desk (the first time takes some minutes) …"
	@cargo build --quiet --release
	@target/release/madoguchi demo $(if $(ONCE),--once)

test: install-debian ## Run everything: unit tests, fixtures, stories, both databases
	@cargo test --quiet --features failpoints --no-run
	@cargo test --features failpoints

soak: install-debian ## Prove by force, up to an hour, that nothing is lost or doubled; goes on where it ended (ROUNDS=10)
	@cargo test --quiet --features failpoints --test gateway -- --ignored broken_lines
	@cargo bench --quiet --features failpoints --bench force_soak -- --rounds $(or $(ROUNDS),10) \
		--results $(or $(RESULTS),$(CURDIR)/target/force.jsonl)

lint: ## Formatting, clippy, documentation, licences
	cargo fmt --check
	cargo clippy --all-targets --quiet -- -D warnings
	cargo clippy --all-targets --features failpoints --quiet -- -D warnings
	cargo fmt --check --manifest-path fuzz/Cargo.toml
	cargo clippy --manifest-path fuzz/Cargo.toml --target-dir target --all-targets --quiet -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --quiet
	@command -v cargo-deny >/dev/null || cargo install cargo-deny --locked --quiet
	cargo deny --offline check bans licenses sources 2>/dev/null || cargo deny check bans licenses sources

fmt: ## Format the code
	cargo fmt

bench: install-debian ## Measure: reading by stages; mails/s end to end, CPU a mail, peak memory, latency (N=1000)
	cargo bench --bench reading -- --quiet
	cargo bench --bench end_to_end -- $(or $(N),1000)

fuzz: ## Throw hostile mails at the reader, each of four targets for MINUTES=15
	scripts/fuzz $(or $(MINUTES),15)

clean: ## Remove what was built
	cargo clean
