#!/bin/bash
# SPDX-License-Identifier: MIT
#
# ecs-start told to end (SIGTERM) at its steps, a share of them in each run (takes, in lib.sh): it walks back, and the machine is as it was; past the point
# where the new database has its name, it stays as it stands.
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/appliance.sh"

tiny_root
make_template
put_dump
write_env '  recover: {from_dump: true}'

back=0 stood=0
for ((n = 1; n < 100; n++)); do
	takes $n 3 || continue
	reset cluster
	run strace -qqq -o "$WORK/strace" -e trace=fdatasync -e "inject=fdatasync:signal=TERM:when=$n" \
		ecs-start --root "$ROOT" -v
	[ "$status" != 0 ] || break
	step=$(grep -vE ': done in| {2}|undo|not found: ' "$WORK/err" | tail -n2 | head -n1)
	is "$status" 143 "ended at line $n of the journal (${step#ecs-start: })"
	nok "ended at line $n: no journal is left" test -e "$ROOT/var/lib/ecs/journal"
	is "$(docker ps -aq --filter "label=com.docker.compose.project=$(project_of "$ROOT")" \
		--filter label=com.docker.compose.oneoff=True)" '' "ended at line $n: no one-off is left"
	if [ -z "$(running)" ]; then
		back=$((back + 1))
		is "$stood" 0 "ended at line $n: walked back, nothing runs"
		nok "ended at line $n: nothing is recorded" test -e "$ROOT/var/lib/ecs/state.json"
	else
		stood=$((stood + 1))
		ok "ended at line $n: the database is whole" complete 1000
	fi
done
is "$status" 0 'past the last line nothing ends it'
ok "walked back at $back lines" test "$back" -gt $((9 / $(share 3)))
ok "left as it stood at $stood lines" test "$stood" -gt $((3 / $(share 3) - 1))
ok 'and the last one brought it up' complete 1000
finish
