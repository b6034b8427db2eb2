# make             build/lamina, and build/lamina.so for other Lua programs
# make deps        install the Debian packages that building and testing need (apt-get, sudo)
# make demo        the main job on a real Debian root file system
# make test        every test                make test T=layer  those whose file name has "layer"
# make lint        formatters and linters    make asan          the tests under ASan and UBSan
# make valgrind    the C tests and specs under valgrind         make bench  measure beside the peers
# make fuzz        fuzz targets, or T=apply; SECONDS=600 is how long each runs
# make install     into PREFIX (/usr/local), below DESTDIR      make clean  remove what was built
#
# V=1 shows the commands. CC=clang builds with clang.
B      := build
CC     ?= cc
PREFIX ?= /usr/local
CFLAGS ?= -O2 -g
Q      := $(if $(V),,@)

# --- nothing below needs changing ------------------------------------------------------------
packages := lua5.4 jansson yaml-0.1 sqlite3 libseccomp libcap libcrypto libisal libzstd
build_packages := build-essential pkg-config lua5.4 liblua5.4-dev lua-luv libuv1-dev \
	libarchive-dev libcurl4-openssl-dev libssl-dev libjansson-dev libyaml-dev libsqlite3-dev libisal-dev libzstd-dev \
	libseccomp-dev libcap-dev uidmap slirp4netns git ca-certificates
test_packages := clang-14 clang-format-14 cppcheck lua-check lua-busted valgrind mmdebstrap \
	busybox-static skopeo umoci buildah podman crun hyperfine strace attr xz-utils bzip2 zstd \
	python3 openssl sudo zsh fish qemu-user-static openssh-client docker-registry \
	rpm db5.3-util
WARN   := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wpointer-arith
has     = $(shell $(CC) $(1) -Werror -E -x c /dev/null >/dev/null 2>&1 && echo $(1))
HARDEN := -fstack-protector-strong $(call has,-fstack-clash-protection) \
	$(call has,-ftrivial-auto-var-init=zero) $(if $(SAN),,-D_FORTIFY_SOURCE=3)
LINK   := -Wl,-z,relro,-z,now -Wl,--as-needed
pkg_cflags := $(shell pkg-config --cflags $(packages) 2>/dev/null)
pkg_libs   := $(shell pkg-config --libs $(packages) 2>/dev/null)
compile = $(CC) -std=gnu11 -fPIC -MMD -MP -Icore $(pkg_cflags) $(WARN) $(HARDEN) $(DEFINES) $(CFLAGS) $(SAN)

core_src := $(sort $(wildcard core/base/*.c core/sys/*.c core/layer/*.c core/net/*.c \
	core/bind/*.c))
core_obj := $(core_src:%.c=$B/%.o) $B/seccomp_default.o
# Everything below bind/ links into the C tests, which have no Lua at all.
floor_obj := $(filter-out $B/core/bind/%,$(core_obj))
scripts  := $(sort $(shell find lua/lamina -name '*.lua'))
modules  := $(foreach s,$(scripts),$(subst /,.,$(patsubst lua/%.lua,%,$s))=$s)
shelf    := $(sort $(wildcard recipes/instructions/*.lua))
c_tests  := $(patsubst tests/c/%.c,$B/tests/%,$(wildcard tests/c/test_*$T*.c))

all: $B/lamina $B/lamina.so

$B/lamina: $B/core/host/main.o $B/embed.o $(core_obj)
	@echo "  LINK  $@"
	$Q$(CC) -pie -rdynamic $(SAN) $(LINK) $(LDFLAGS) -o $@ $^ $(pkg_libs) -ldl

# One object holds every luaopen_lamina_core_*: require "lamina.core.x" finds it.
$B/lamina.so: $(core_obj)
	@echo "  LINK  $@"
	$Q$(CC) -shared $(SAN) $(LINK) $(LDFLAGS) -o $@ $^ $(filter-out -llua%,$(pkg_libs)) -ldl

comma := ,
empty :=
space := $(empty) $(empty)

$B/embed.c: core/host/embed.lua $(scripts) $(shelf)
	@mkdir -p $(@D)
	@echo "  EMBED $@"
	$Qlua5.4 core/host/embed.lua $(modules) \
		lamina.recipe.instructions:=$(subst $(space),$(comma),$(shelf)) >$@.new
	$Qmv $@.new $@

$B/embed.o $B/seccomp_default.o: %.o: %.c
	$Q$(compile) -c -o $@ $<

# Compiling the system-call filter takes longer than starting a container: it is done here, once.
$B/seccomp: $B/core/host/seccomp.o $(filter %/seccomp.o %/seccomp_names.o %/caps.o,$(core_src:%.c=$B/%.o)) \
	$(filter $B/core/base/%,$(core_src:%.c=$B/%.o))
	$Q$(CC) $(SAN) $(LINK) $(LDFLAGS) -o $@ $^ $(filter-out -llua%,$(pkg_libs))

$B/seccomp_default.c: $B/seccomp
	@echo "  GEN   $@"
	$Q$B/seccomp >$@.new
	$Qmv $@.new $@

# What stands between lamina and a container's program: no library, no hardening to initialise.
$B/launcher: core/sys/launcher/launcher.c
	@mkdir -p $(@D)
	@echo "  CC    $<"
	$Q$(CC) -std=gnu11 -Os -static -nostdlib -ffreestanding -fno-stack-protector -fno-pic -no-pie \
		-fno-asynchronous-unwind-tables $(WARN) -Wl,--build-id=none -Wl,-z,noexecstack -s -o $@ $<

$B/core/sys/launch.o: DEFINES := -DLAM_LAUNCHER='"$B/launcher"'
$B/core/sys/launch.o: $B/launcher

# -MMD writes a .d beside each object: a changed header rebuilds what includes it.
$B/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC    $<"
	$Q$(compile) -c -o $@ $<

$B/tests/%: $B/tests/c/%.o $(floor_obj)
	@mkdir -p $(@D)
	$Q$(CC) $(SAN) $(LINK) $(LDFLAGS) -o $@ $^ $(filter-out -llua%,$(pkg_libs)) -ldl

$B/fuzz/%: $B/tests/fuzz/%.o $(floor_obj)
	@mkdir -p $(@D)
	$Q$(CC) $(subst fuzzer-no-link,fuzzer,$(SAN)) $(LINK) $(LDFLAGS) -o $@ $^ \
		$(filter-out -llua%,$(pkg_libs)) -ldl

# What is fuzzed there is written in Lua, or made for it.
$B/fuzz/dockerfile $B/fuzz/yaml: $B/fuzz/%: $B/tests/fuzz/%.o $(core_obj)
	@mkdir -p $(@D)
	$Q$(CC) $(subst fuzzer-no-link,fuzzer,$(SAN)) $(LINK) $(LDFLAGS) -o $@ $^ $(pkg_libs) -ldl

install: all
	install -D -m 755 $B/lamina $(DESTDIR)$(PREFIX)/bin/lamina
	install -D -m 755 $B/lamina.so $(DESTDIR)$(PREFIX)/lib/lua/5.4/lamina.so
	mkdir -p $(DESTDIR)$(PREFIX)/share/lamina
	cp -R recipes $(DESTDIR)$(PREFIX)/share/lamina/

deps:
	@tests/support/deps.sh $(build_packages) $(test_packages)

demo:
	@tests/support/deps.sh $(build_packages) mmdebstrap
	@$(MAKE) --no-print-directory all
	@tests/support/demo.sh

test: all $(c_tests)
	@B=$B T=$T tests/support/run.sh

asan:
	$Q$(MAKE) B=build-asan SAN="-fsanitize=address,undefined -fno-omit-frame-pointer" \
		CFLAGS="-O1 -g" test T=$T

valgrind: all $(c_tests)
	@B=$B T=$T VALGRIND=1 tests/support/run.sh

fuzz:
	@T=$T SECONDS=$(SECONDS) tests/fuzz/run.sh

bench: all
	@B=$B tests/bench/run.sh

lint:
	@B=$B tests/support/lint.sh

clean:
	rm -rf build build-asan build-clang build-fuzz

.PHONY: all install deps demo test asan valgrind fuzz bench lint clean
.SECONDARY:
-include $(core_obj:.o=.d) $B/core/host/main.d $(c_tests:$B/tests/%=$B/tests/c/%.d)
