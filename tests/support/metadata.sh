# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# shellcheck disable=SC2034 # METADATA_URL is for the scenario
# A metadata service on loopback, for scenarios (after lib.sh).

# metadata_start: METADATA is its folder (see tests/fake/metadata.py), METADATA_URL its address
metadata_start() {
	METADATA=$WORK/metadata
	mkdir "$METADATA"
	python3 "$ECS_TREE/tests/fake/metadata.py" "$METADATA" &
	at_end kill $!
	until_true 20 test -s "$METADATA/port" || bail 'no metadata service'
	METADATA_URL=http://127.0.0.1:$(cat "$METADATA/port")
}
