# SPDX-License-Identifier: MIT
# One Makefile, not recursive. ./configure writes config.mk; out of tree: mkdir build; cd build; ../configure; make
#
#   make            the tools, a release build with hardening
#   make check      unit tests under ASan and UBSan, pages, layers, calls, shell
#   make lint       cppcheck beside it
#   make check-build    every way to build: in tree, out of tree, gcc, clang, sanitized tools, install
#   make test_str   one unit test by its name, built and run
#   make bench, make check-vm, make soak, make coverage    on real parts, as root
#   make install    DESTDIR=… prefix=…
srcdir ?= .
ifeq ($(srcdir),.)
-include config.mk
endif
ifndef VERSION
$(error run ./configure first (autoreconf -fi makes it))
endif
VPATH = $(srcdir)

LIB_SOURCES := $(sort $(patsubst $(srcdir)/%,%,$(wildcard $(srcdir)/lib/*/*.c $(srcdir)/lib/*/*/*.c)))
CMD_SOURCES := $(sort $(patsubst $(srcdir)/%,%,$(wildcard $(srcdir)/cmd/*.c $(srcdir)/cmd/*/*.c)))
# 'ecs' runs all others and lists them
LISTED := $(patsubst cmd/%.c,%,$(filter cmd/ecs-%.c,$(CMD_SOURCES)))
TOOLS := ecs $(LISTED)
SHARED_CMD := $(filter-out cmd/ecs.c cmd/ecs-%.c,$(CMD_SOURCES))
UNIT_SOURCES := $(sort $(patsubst $(srcdir)/%,%,$(wildcard $(srcdir)/tests/unit/test_*.c)))
UNITS := $(patsubst tests/unit/%.c,%,$(UNIT_SOURCES))
# programs that tests drive, and what all tests share
UNIT_PROGRAMS := $(patsubst $(srcdir)/tests/unit/%.c,unit/%,$(wildcard $(srcdir)/tests/unit/prog_*.c))
UNIT_SHARED := $(filter-out tests/unit/test_% tests/unit/prog_%,$(patsubst $(srcdir)/%,%,$(wildcard $(srcdir)/tests/unit/*.c)))

WARNINGS = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings \
	-Wpointer-arith -Wvla $(if $(filter yes,$(WERROR)),-Werror)
BASE_CFLAGS = -std=gnu17 -include config.h -iquote . -iquote $(srcdir) -iquote $(srcdir)/lib $(LIB_CFLAGS) $(WARNINGS)
HARDENING = -O2 -g -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fstack-clash-protection -fPIE
HARDENING_LD = -pie -Wl,-z,relro -Wl,-z,now -Wl,--as-needed
SANITIZERS = -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

ifeq ($(SANITIZE),yes)
TOOL_CFLAGS = $(SANITIZERS)
TOOL_LDFLAGS = $(SANITIZERS) -Wl,--as-needed
else
TOOL_CFLAGS = $(HARDENING)
TOOL_LDFLAGS = $(HARDENING_LD)
endif

# V=1 shows the commands
Q = $(if $(V),,@)
say = @$(if $(V),:,echo ' ')

all: $(addprefix sbin/,$(TOOLS))

# --- two builds of each file: obj/ for the tools, san/ for the tests -------------------------------
LIB_OBJECTS = $(LIB_SOURCES:%.c=obj/%.o)
SHARED_OBJECTS = $(SHARED_CMD:%.c=obj/%.o)
SAN_OBJECTS = $(LIB_SOURCES:%.c=san/%.o) $(SHARED_CMD:%.c=san/%.o)

obj/%.o: %.c
	@mkdir -p $(@D)
	$(say) cc $<
	$(Q)$(CC) $(BASE_CFLAGS) $(TOOL_CFLAGS) $(USER_CFLAGS) -MMD -MP -c -o $@ $<

san/%.o: %.c
	@mkdir -p $(@D)
	$(say) 'cc (sanitized)' $<
	$(Q)$(CC) $(BASE_CFLAGS) $(SANITIZERS) $(USER_CFLAGS) -MMD -MP -c -o $@ $<

obj/libecs.a: $(LIB_OBJECTS) $(SHARED_OBJECTS)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

san/libecs.a: $(SAN_OBJECTS)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

sbin/ecs-%: obj/cmd/ecs-%.o obj/libecs.a
	@mkdir -p $(@D)
	$(say) link $@
	$(Q)$(CC) $(TOOL_LDFLAGS) $(USER_LDFLAGS) -o $@ $^ $(LIBS)

sbin/ecs: obj/cmd/ecs.o obj/libecs.a
	@mkdir -p $(@D)
	$(say) link $@
	$(Q)$(CC) $(TOOL_LDFLAGS) $(USER_LDFLAGS) -o $@ $^ $(LIBS)

# What each tool says that it does: the first line of its --help behind the usage.
obj/tools.h: $(LISTED:%=sbin/%)
	$(Q)for tool in $(LISTED); do \
		help=$$(sbin/$$tool --help | sed '1,/^$$/d' | sed 1q) && [ -n "$$help" ] || exit 1; \
		printf '\t{"%s", "%s"},\n' "$${tool#ecs-}" "$$help"; done >$@.new
	$(Q)mv $@.new $@

obj/cmd/ecs.o: obj/tools.h

# A unit test may see the syscalls that make things durable (tests/unit/*.wrap lists them).
unit/test_%: san/tests/unit/test_%.o $(UNIT_SHARED:%.c=san/%.o) san/libecs.a
	@mkdir -p $(@D)
	$(say) link $@
	$(Q)$(CC) $(SANITIZERS) $(USER_LDFLAGS) $(shell sed '/^\#/d; s/^/-Wl,--wrap=/' $(srcdir)/tests/unit/test_$*.wrap 2>/dev/null) \
		-o $@ $^ $(CMOCKA_LIBS) $(LIBS)

unit/prog_%: san/tests/unit/prog_%.o san/libecs.a
	@mkdir -p $(@D)
	$(say) link $@
	$(Q)$(CC) $(SANITIZERS) $(USER_LDFLAGS) -o $@ $^ $(LIBS)

-include $(shell find obj san -name '*.d' 2>/dev/null)
.SECONDARY:

# --- checks ------------------------------------------------------------------------------------------
check: check-unit check-pages check-layers check-sizes check-licence check-drawing check-shell

units: $(addprefix unit/,$(UNITS)) $(UNIT_PROGRAMS)

check-unit: units all
	ECS_SOURCE_DIR=$(abspath $(srcdir)) ECS_BUILD_DIR=$(CURDIR) CMOCKA_MESSAGE_OUTPUT=TAP \
		prove -j2 -e '' $(addprefix unit/,$(UNITS))

# One unit test by its name: make test_str
$(UNITS): %: unit/% $(UNIT_PROGRAMS)
	ECS_SOURCE_DIR=$(abspath $(srcdir)) ECS_BUILD_DIR=$(CURDIR) unit/$*

check-pages: all
	$(srcdir)/scripts/check-pages $(srcdir)/man sbin

check-layers: checks-test
	$(srcdir)/scripts/check-layers $(srcdir)

check-sizes: checks-test
	$(srcdir)/scripts/check-sizes $(srcdir)

# Those three can fail.
checks-test:
	prove -q -e '' $(srcdir)/scripts/checks-test

check-licence: checks-test
	$(srcdir)/scripts/check-licence $(srcdir)

# The picture of the layers is what is there.
check-drawing:
	$(srcdir)/scripts/draw-layers --check $(srcdir)

check-shell:
	$(srcdir)/scripts/check-shell $(srcdir)

# It does not know the cleanup attribute: what that releases it takes for leaks.
lint: check-layers check-sizes check-licence check-shell
	cppcheck -q -j2 --std=c11 --enable=warning,performance,portability --error-exitcode=1 --library=posix,gnu \
		--suppress=resourceLeak --suppress=memleak --suppress=readdirCalled --inline-suppr \
		-D_GNU_SOURCE -DECS_VERSION='"$(VERSION)"' -I $(srcdir) -I $(srcdir)/lib $(srcdir)/lib $(srcdir)/cmd

check-build:
	$(srcdir)/scripts/check-build $(srcdir)

# --- on real parts: as root, with Docker (scripts/engine up) --------------------------------------
# The suite as installed, for what drives the installed tools.
stage: all
	$(MAKE) install DESTDIR= prefix=$(CURDIR)/stage >/dev/null

STAGED = cd $(abspath $(srcdir)) && ECS_TREE=$(abspath $(srcdir)) ECS_BUILD_DIR=$(CURDIR) ECS_PREFIX=$(CURDIR)/stage

# Ratios against the peer in the same run; BENCH= names one.
bench: stage
	@for bench in $(or $(BENCH),$(wildcard $(srcdir)/tests/bench/*.sh)); do \
		($(STAGED) bash $$bench) || exit 1; done

# Bytes by chance, from the corpus on; clang's libFuzzer. What it finds stays in fuzz/.
FUZZ_SECONDS ?= 60
FUZZED = $(addprefix $(srcdir)/,$(filter lib/base/% lib/sys/% lib/wrap/yaml.c lib/wrap/gzip.c,$(LIB_SOURCES)) \
	$(addprefix lib/env/,env.c check.c flatten.c schema.c nearest.c userdata.c mime.c))

fuzz/fuzz_env: tests/fuzz/fuzz_env.c $(FUZZED)
	@mkdir -p fuzz/new
	clang $(BASE_CFLAGS) -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -o $@ $^ $(LIBS)

fuzz: fuzz/fuzz_env
	cd fuzz && ./fuzz_env -max_total_time=$(FUZZ_SECONDS) -max_len=20000 new \
		$(abspath $(srcdir))/tests/data/env/good $(abspath $(srcdir))/tests/data/env/bad

# Scenarios in a whole machine.
check-vm: stage
	$(STAGED) scripts/vm check

# Which lines units and scenarios reach, by folder.
coverage:
	$(srcdir)/scripts/test --coverage

# Kill trials; they print a table of outcomes. SOAK= names one script, SOAK_TRIALS= says how many instead of its own number.
soak: stage
	@for soak in $(or $(SOAK),$(wildcard $(srcdir)/tests/soak/*.sh)); do \
		($(STAGED) $(if $(SOAK_TRIALS),SOAK_TRIALS=$(SOAK_TRIALS)) bash $$soak) || exit 1; done

# --- install -----------------------------------------------------------------------------------------
sbindir = $(DESTDIR)$(prefix)/sbin
mandir = $(DESTDIR)$(prefix)/share/man
sharedir = $(DESTDIR)$(prefix)/share/ecs
bashdir = $(DESTDIR)$(prefix)/share/bash-completion/completions
zshdir = $(DESTDIR)$(prefix)/share/zsh/site-functions
fishdir = $(DESTDIR)$(prefix)/share/fish/vendor_completions.d

install: all
	install -d $(sbindir) $(bashdir) $(zshdir) $(fishdir) $(sharedir)
	install -m 755 $(addprefix sbin/,$(TOOLS)) $(sbindir)
	for tool in $(TOOLS); do sbin/$$tool --completion bash >$(bashdir)/$$tool && \
		sbin/$$tool --completion zsh >$(zshdir)/_$$tool && \
		sbin/$$tool --completion fish >$(fishdir)/$$tool.fish || exit 1; done
	for page in $(srcdir)/man/*.[0-9]; do \
		install -D -m 644 $$page $(mandir)/man$${page##*.}/$${page##*/} || exit 1; done
	cp -R $(srcdir)/scripts/appliance/. $(sharedir)

clean:
	rm -rf obj san sbin unit stage

.PHONY: all units $(UNITS) check check-unit check-pages check-layers check-sizes check-licence checks-test check-drawing check-shell check-build lint stage bench fuzz check-vm soak coverage install clean
