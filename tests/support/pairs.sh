# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Sourced by scenarios that prove that both volumes are of one instant: an ecs.* container writes pairs, a file and
# then a row of the same number, and every snapshot holds whole ones. After volumes.sh; $PROJECT is the appliance's.
#
#	pairs_container SERVICE IMAGE COMMAND…   one as Compose would label it, prints its id; both volumes are in it
#	pairs_worker IMAGE [PROGRAM]             sets WORKER, one that writes pairs; PROGRAM is what comes before `sh`
#	pairs_moves                              it goes on writing
#	pairs_hold N                             so many snapshots hold whole pairs

pairs_container() {
	local service=$1 image=$2
	shift 2
	docker run -d --network none --label "com.docker.compose.project=$PROJECT" \
		--label "com.docker.compose.service=$service" --label com.docker.compose.oneoff=False \
		--label com.docker.compose.container-number=1 \
		-v "${FILES:?}:/files" -v "$DATABASE:/database" "$image" "$@" 2>&1
}

pairs_worker() {
	mkdir -p "$FILES/f"
	# shellcheck disable=SC2016,SC2086 # for the container's shell; no word or one
	WORKER=$(pairs_container ecs.worker "$1" ${2:-} sh -c 'trap "exit 0" TERM; i=0
		while :; do i=$((i + 1)); : >/files/f/$i; echo $i >>/database/rows; done') || bail "no container: $WORKER"
	at_end docker rm -f "$WORKER"
	until_true 60 test -s "$DATABASE/rows" || bail 'the worker does not write'
}

pairs_more_than() { # ROWS
	[ "$(wc -l <"$DATABASE/rows")" -gt "$1" ]
}

pairs_moves() {
	until_true 60 pairs_more_than "$(wc -l <"$DATABASE/rows")"
}

pairs_hold() {
	local trial files rows worst=0 seen='' place=${ROOT:-}/run/ecs/snapshots
	for ((trial = 1; trial <= $1; trial++)); do
		snapshot create PAIRS
		[ "$status" = 0 ] || bail "create failed: $err"
		snapshot mount PAIRS
		[ "$status" = 0 ] || bail "mount failed: $err"
		files=$(find "$place/ecs-files_PAIRS/f" -type f | wc -l)
		rows=$(wc -l <"$place/ecs-database_PAIRS/rows")
		snapshot unmount PAIRS
		seen+=" $files/$rows"
		# the pair that it stood still in may have its file only
		[ $((files - rows)) -ge 0 ] && [ $((files - rows)) -le 1 ] || worst=$trial
		pairs_moves || bail 'the worker has stopped'
	done
	is "$worst" 0 "each snapshot holds whole pairs (files/rows$seen)"
	snapshot create PAIRS
	like "$err" 'the application (was paused|stood still) for [0-9]+ ms' 'how long the pause was is said'
	diag "$(grep -o 'still for .*' <<<"$err")"
	ok 'and it went on' pairs_moves
}
