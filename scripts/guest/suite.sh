# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# The suite, built from its sources in a tree of the guest's own Debian, so that it finds there the
# libraries it was linked to; and so that every run proves that it builds on that Debian. Sourced by
# scripts/vm.

suite_files() { # SOURCE: what git would commit, by name, each ended by a NUL
	git -c safe.directory='*' -C "$1" ls-files -z -co --exclude-standard -- \
		Makefile configure.ac lib cmd man scripts tests/unit
}

# Installs the suite of SOURCE as it would stand on a machine: FOLDER/app/releases/COMMIT and
# FOLDER/app/current. Without a folder, one in the cache, made once for the same sources. Sets SUITE.
suite_build() { # SOURCE [FOLDER]
	local source=$1 hash
	SUITE_SOURCE=$(cd "$source" && pwd) || return 1
	[ -f "$source/configure.ac" ] || fail "'$source' is no source of the suite"
	need git
	image_build || return 1
	hash=$(cd "$source" && { suite_commit && suite_files . | while IFS= read -rd '' file; do
		[ ! -f "$file" ] || sha256sum "$file"
	done; } | sha256sum | cut -c1-12)
	image_cached suite "$hash" suite_make || return 1
	SUITE=$MADE
	if [ -n "${2:-}" ]; then
		mkdir -p "$2" && cp -a "$SUITE/." "$2/" && SUITE=$2
	fi
}

suite_commit() {
	git -c safe.directory='*' -C "$SUITE_SOURCE" rev-parse HEAD
}

suite_make() { # FOLDER
	local commit work status=0
	commit=$(suite_commit) || return 1
	# inside the tree, so that no mount is needed
	work=$(mktemp -d "$BUILD/tmp/suite.XXXXXX") || return 1
	mkdir "$work/source" "$work/build" "$work/stage"
	suite_files "$SUITE_SOURCE" |
		(cd "$SUITE_SOURCE" && tar -c --null --ignore-failed-read -T - 2>/dev/null) | tar -x -C "$work/source"
	chroot "$BUILD" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 sh -ec "
		cd /tmp/${work##*/}/source && autoreconf -fi
		cd ../build && ../source/configure --enable-werror
		make -j$(nproc)
		make install DESTDIR=/tmp/${work##*/}/stage prefix=/app/releases/$commit
	" >"$VM/suite.log" 2>&1 &&
		ln -s "releases/$commit" "$work/stage/app/current" &&
		cp -a "$work/stage/." "$1/" || status=1
	rm -rf --one-file-system "$work"
	return $status
}
