# Snug. `make run` opens the program, `make test` proves it; on Debian and Ubuntu both install what is missing.

# Go's own archive puts go here and leaves PATH to the reader.
export PATH := $(PATH):/usr/local/go/bin

# One set of tags for each command, so that nothing is compiled twice: migrated_fynedo says that we use fyne.Do,
# accessibility turns Fyne's screen reader support on, soak only lets vet and staticcheck see the long tests.
tags    := migrated_fynedo,accessibility
# The program itself also keeps its caret still: Fyne fades it 12 times a second, each time painting the whole window.
program := $(tags),no_animations
module  := github.com/snugchat/snug
tool    := go tool -modfile=.ci/tools.mod
# A version comes from FyneApp.toml, never from the state of a clone (whose owner git may distrust).
export GOFLAGS := $(GOFLAGS) -buildvcs=false

# The main package only opens the window system: its cgo code is compiled once, without -race.
beside  = $$(go list -tags $(tags) ./... | grep -vx $(module))

# What draws golden pictures does it once more without the race detector, under which it would take minutes; so does the
# torture chamber, whose short form is twice as long as what the detector has time for.
drawn   := ./ui ./ui/chat ./ui/kit

T ?= 10s
B ?= .

.PHONY: help run build test check golden lint fuzz shots story bench figures soak chaos deps interop package

help: ## say what can be made
	@sed -n 's/^\([a-z]*\):.*## /  make \1	/p' Makefile

run: ## build Snug and open it
	@.ci/deps.sh build window
	go build -tags $(program) -o snug .
	./snug $(ARGS)

test: ## everything that has to hold: check, then the story in real windows
	@.ci/deps.sh build window test
	@$(MAKE) --no-print-directory check story

check: ## format, vet, staticcheck, types on macOS and Windows, tests with the race detector, the headless host
	@.ci/deps.sh build
	@odd=$$($(tool) gofumpt -l .); [ -z "$$odd" ] || { echo "gofumpt would change:"; echo "$$odd"; exit 1; }
	go vet -tags $(tags),soak ./... ./.ci/shots
	$(tool) staticcheck -tags $(tags),soak ./... ./.ci/shots
	packaging/macos/check darwin/arm64 windows/amd64
	CGO_ENABLED=0 go build -o snugd ./net/cmd/snugd
	go test -race -shuffle=on -timeout 40m -tags $(tags) $(beside) ./.ci/shots
	go test -shuffle=on -tags $(program) . $(drawn) ./net/torture

golden: ## make the golden pictures anew (and look at them: SNUG_GALLERY=folder)
	go test -count=1 -tags $(program) $(drawn) -update

lint: ## golangci-lint with .ci/golangci.yml; compiling it the first time takes minutes
	@.ci/deps.sh build
	go tool -modfile=.ci/lint.mod golangci-lint run --config .ci/golangci.yml --build-tags $(tags),soak ./...

fuzz: ## each fuzz target for T (make fuzz T=5m)
	@.ci/deps.sh build
	@T=$(T) TAGS=$(tags) .ci/fuzz.sh

interop: ## crypto/mls against two other implementations of RFC 9420; needs node 20
	cd crypto/mls/interop && npm ci --no-audit --no-fund && go vet ./... && go test -count=1 ./...
	MLS_TSMLS=$(CURDIR)/crypto/mls/interop go test -count=1 -v -run '^TestTSMLS$$' ./crypto/mls

bench: ## benchmarks that match B (make bench B=Fanout)
	@.ci/deps.sh build
	go test -run '^$$' -bench '$(B)' -benchmem -timeout 1h -tags $(tags) $(beside)

# What a person waits for: the parts as benchmarks, then what a real window costs.
figures: ## frames with 100,000 messages, picker, theme and room switch with some; memory and CPU of a real window with 100,000
	@.ci/deps.sh build window test
	go test -p 1 -run '^$$' -bench '^Benchmark(Scroll|Open|Append|Picker|Theme|Switch)$$' -benchtime 300x -benchmem -tags $(program) ./ui/timeline ./ui/chat ./ui/state
	go build -tags $(program) -o snug .
	go run ./.ci/shots -snug ./snug -out shots -figures 100000

# One package after the other, since they measure; none takes longer than the chamber in net/torture.
soak: ## the torture chamber and all other long tests: an hour or more on two quiet cores
	@.ci/deps.sh build
	go test -p 1 -count=1 -run '^TestSoak' -v -timeout 90m -tags $(tags),soak $(beside)

chaos: ## 10,000 random steps in sealed rooms (make chaos SEED=42); make test runs 60 under the race detector, go test ./net/client 500
	@.ci/deps.sh build
	go test -run '^TestChaos$$' -v -timeout 2h ./net/client -chaos 10000 -seed '$(or $(SEED),0)'

shots: ## the story in real windows, light and dark, large and small; pictures in ./shots
	@.ci/deps.sh build window test
	go build -tags $(program) -o snug .
	go run ./.ci/shots -snug ./snug -out shots -theme light,dark -both
	go run ./.ci/shots -snug ./snug -out shots/day -theme light,dark -day

story: # the same story once, as a test
	go build -tags $(program) -o snug .
	go run ./.ci/shots -snug ./snug -out shots || { echo "once more: a screen is read by its picture, which a busy machine can spoil"; go run ./.ci/shots -snug ./snug -out shots; }

# Who has a certificate for Windows signs by SIGN_PKCS12 or SIGN_CERT (packaging/README.md); else this one is for trying.
testcert = $(if $(SIGN_PKCS12)$(SIGN_CERT),,SIGN_CERT=$(CURDIR)/dist/work/certificate/test.crt SIGN_KEY=$(CURDIR)/dist/work/certificate/test.key)

package: ## build the packages and try each as a person would; as root on Debian 12; two hours, most of it for building twice with nothing cached
	@.ci/deps.sh build window test package
	packaging/macos/check
	packaging/windows/certificate dist/work/certificate
	$(testcert) packaging/build all
	$(testcert) packaging/test all
	packaging/reproduce

deps: ## only install what the other targets need
	@.ci/deps.sh build window test
