# Two commands do everything on a fresh Debian 12 with the .NET 10 SDK: `make demo` and `make test`.
SHELL         := /bin/bash
.SHELLFLAGS   := -eu -o pipefail -c
CONFIGURATION ?= Release
ARTIFACTS     := artifacts
RESULTS       := $(ARTIFACTS)/test-results
SOLUTION      := QuicProChat.Mesh.sln
NODE          := node/QuicProChat.Mesh.Node.csproj
SERVER        := server/QuicProChat.Mesh.Server.csproj
E2E           := tests/EndToEnd/QuicProChat.Mesh.EndToEnd.csproj
PAGE          := tests/Page/QuicProChat.Mesh.Page.Tests.csproj
BENCH         := tests/bench
STAMP         := $(ARTIFACTS)/.published
CROSS_STAMP   := $(ARTIFACTS)/.published-aarch64
SERVER_STAMP  := $(ARTIFACTS)/.published-server
ROUTERS       := x86_64 aarch64_generic aarch64_cortex-a53 aarch64_cortex-a72
PACKAGING     := tests/Packaging.Tests/QuicProChat.Mesh.Packaging.Tests.csproj
SOURCES       := $(shell find api identity wire store routing transports node mls mls-lite messaging fapp rpc -name '*.cs' -o -name '*.proto' -o -name '*.csproj' -o -name '*.targets' | grep -v -e /obj/ -e /bin/) \
                 $(shell find web -type f) Directory.Build.props Directory.Packages.props
SERVER_SOURCES := $(shell find identity rpc store wire server -name '*.cs' -o -name '*.proto' -o -name '*.csproj' -o -name '*.targets' | grep -v -e /obj/ -e /bin/) \
                  Directory.Build.props Directory.Packages.props

export DOTNET_CLI_TELEMETRY_OPTOUT := 1
export DOTNET_NOLOGO := 1

.PHONY: all deps build run demo demo-server unit test e2e page-test siege fuzz bench bench-page publish packages packages-check packages-test format format-check clean
all: build

deps: ## install what is missing
	@bash build/deps.sh

build: deps ## build everything; warnings are errors
	dotnet build $(SOLUTION) -c $(CONFIGURATION) -v q

run: deps ## one node with its console in this terminal, and its page: qpc-mesh web
	dotnet run --project $(NODE) -c $(CONFIGURATION) -v q -- repl --start --web 127.0.0.1:8420

demo: $(STAMP) ## alice - relay - bob: three daemons, a message, an absence, a message
	@bash build/demo.sh $(ARTIFACTS)/qpc-mesh

demo-server: $(STAMP) $(SERVER_STAMP) ## a server, two nodes with accounts there and one on the mesh behind the first: texts both ways, a group of all
	@bash build/demo-server.sh $(ARTIFACTS)/qpc-mesh $(ARTIFACTS)/dynamic/qpc-server

unit: build ## the tests that need no other process
	@bash build/unit.sh $(CONFIGURATION) $(RESULTS)/unit

e2e: $(STAMP) ## real daemons in network namespaces
	@bash build/e2e.sh $(E2E) $(CONFIGURATION) $(RESULTS)/e2e

test: unit e2e packages-check page-test ## every test but packages-test

page-test: build ## the page in a browser: Debian's chromium, and axe-core
	@if command -v npm >/dev/null; then npm install --silent --no-save --no-audit --no-fund --prefix $(ARTIFACTS)/axe axe-core@4.14.1; \
	else echo "npm is not here: the page is not looked at by axe-core"; fi
	rm -rf $(RESULTS)/page
	dotnet test $(PAGE) -c $(CONFIGURATION) --no-build -v q --nologo --logger trx --logger 'console;verbosity=minimal' --results-directory $(RESULTS)/page

siege: $(STAMP) ## a small relay under siege, ten minutes; prints what it cost. SIEGE_SECONDS=60 make siege is shorter
	dotnet build $(E2E) -c $(CONFIGURATION) -v q --nologo
	SIEGE_SECONDS=$${SIEGE_SECONDS:-600} dotnet test $(E2E) -c $(CONFIGURATION) --no-build --nologo \
		--filter 'FullyQualifiedName~EndToEnd.Siege|FullyQualifiedName~EveryBoundAtOnce' --logger 'console;verbosity=detailed'

fuzz: deps ## what reads bytes of strangers, an hour a target: FUZZ_SECONDS=60 make fuzz is shorter; prints what was tried and found
	@bash build/fuzz.sh

bench: $(STAMP) ## print the tables of figures: the router alone, MLS, the daemon, appointments (in gossip too with TOPOLOGY=...); fails if MLS needs more bytes than its goals
	for part in Router Mls Mesh Fapp; do dotnet build $(BENCH)/$$part -c Release -v q --nologo; done
	dotnet run --project $(BENCH)/Router -c Release --no-build
	failed=0; dotnet run --project $(BENCH)/Mls -c Release --no-build || failed=$$?; \
		dotnet run --project $(BENCH)/Mesh -c Release --no-build -- $(ARTIFACTS)/qpc-mesh; \
		dotnet run --project $(BENCH)/Fapp -c Release --no-build -- $(ARTIFACTS)/qpc-mesh $(TOPOLOGY); exit $$failed

bench-page: $(STAMP) ## the table of the page and of discovery: bytes, first view, frames, memory; as root also two nodes on one LAN
	dotnet build $(BENCH)/Page -c Release -v q --nologo
	dotnet run --project $(BENCH)/Page -c Release --no-build -- $(ARTIFACTS)/qpc-mesh

publish: $(STAMP) $(SERVER_STAMP) ## artifacts/qpc-mesh (static), artifacts/dynamic/qpc-mesh and qpc-server (can load libmsquic)
$(STAMP): $(SOURCES)
	@$(MAKE) --no-print-directory deps
	@bash build/publish.sh $(NODE) $(ARTIFACTS)
	@touch $@

# The program for arm64: what can be built here without a machine of that kind.
$(CROSS_STAMP): $(SOURCES)
	@$(MAKE) --no-print-directory deps
	@bash build/publish.sh $(NODE) $(ARTIFACTS) aarch64 static
	@touch $@

# The server loads the system's libraries: names of databases are resolved by it, QUIC is libmsquic.
$(SERVER_STAMP): $(SERVER_SOURCES)
	@$(MAKE) --no-print-directory deps
	@bash build/publish.sh $(SERVER) $(ARTIFACTS) x86_64 dynamic
	@touch $@

packages: $(STAMP) $(CROSS_STAMP) $(SERVER_STAMP) ## artifacts/packages: everything that this machine can build
	bash build/publish.sh $(NODE) $(ARTIFACTS) aarch64 dynamic
	bash build/publish.sh $(SERVER) $(ARTIFACTS) aarch64 dynamic
	bash packaging/build.sh $(ARTIFACTS) $(ROUTERS:%=ipk:%) luci deb:amd64 deb:arm64 $(foreach p,x86_64 aarch64,static:$(p) alpine:$(p) container:$(p))
	bash packaging/build.sh $(ARTIFACTS) server-deb:amd64 server-deb:arm64 $(foreach p,x86_64 aarch64,server-archive:$(p) server-container:$(p))
	@if $${APK:-apk} --version 2>/dev/null | grep -q '^apk-tools 3[.]'; then \
		bash packaging/build.sh $(ARTIFACTS) luci luci-apk $(ROUTERS:%=apk:%); \
	else echo "no .apk for OpenWrt 25.12: apk-tools 3 is not here (APK names it)"; fi
	@cd $(ARTIFACTS)/packages && ls -l

packages-check: $(STAMP) $(CROSS_STAMP) $(SERVER_STAMP) ## the tests of the packages that need no other system
	dotnet build $(PACKAGING) -c $(CONFIGURATION) -v q --nologo
	bash packaging/build.sh $(ARTIFACTS) ipk:x86_64 luci
	rm -rf $(RESULTS)/packages
	dotnet test $(PACKAGING) -c $(CONFIGURATION) --no-build -v q --nologo --logger trx --logger 'console;verbosity=minimal' --results-directory $(RESULTS)/packages

packages-test: $(STAMP) ## needs root and debootstrap: the .deb in Debians booted by systemd, alone and in a pair; two native builds compared
	bash packaging/build.sh $(ARTIFACTS) deb:amd64
	bash tests/Packaging.Tests/Debian/boot.sh $(ARTIFACTS)/packages/qpc-mesh_*_amd64.deb $(ARTIFACTS)/debian
	bash tests/Packaging.Tests/Debian/pair.sh $(ARTIFACTS)/packages/qpc-mesh_*_amd64.deb $(ARTIFACTS)/qpc-mesh $(ARTIFACTS)/debian
	bash build/reproduce.sh x86_64

format: ## put the sources in order
	dotnet format whitespace $(SOLUTION) --no-restore
	dotnet format style $(SOLUTION) --no-restore

format-check: ## fails where `make format` would change something
	dotnet format whitespace $(SOLUTION) --no-restore --verify-no-changes

clean: ## remove everything that was built
	rm -rf $(ARTIFACTS)
	find . -type d \( -name bin -o -name obj \) -not -path './.git/*' -prune -exec rm -rf {} +

# make simulate TOPOLOGY=... : the router by the thousand under simulated time
include tests/Simulation/simulate.mk
