# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# Runs scenarios in guests; the contract for them is in tests/vm/lib.sh. Sourced by scripts/vm.

check_all() { # [SCENARIO…]
	local files=("$@") command extra
	[ $# -gt 0 ] || files=("$TREE"/tests/vm/[0-9]*.t "$TREE"/tests/vm/[0-9]*.cut)
	need perl
	# what they share is made before they are timed
	check_ready
	# shellcheck disable=SC2153 # set by scripts/vm
	for extra in "${EXTRA[@]}"; do command+=" --disk $extra"; done
	# a prove that is killed takes its machines with it
	prove --timer --merge -j "$JOBS" -e "setpriv --pdeathsig TERM $TREE/scripts/vm run --app $APP${command:-}" "${files[@]}"
}

check_one() { # SCENARIO
	[ $# = 1 ] || misuse "one scenario, please"
	[ -r "$1" ] || fail "'$1' cannot be read"
	check_ready
	case $1 in
	*.t) check_scenario "$1" ;;
	*.cut) check_cut "$1" ;;
	*) fail "'$1' is neither a .t nor a .cut" ;;
	esac
}

# What all scenarios share: the image, a booted machine, the suite.
check_ready() {
	machine_need
	image_root && machine_booted || exit 1
	[ -n "$APP" ] || {
		suite_build "$TREE" || exit 1
		APP=$SUITE
	}
}

# --- what a scenario says of itself ----------------------------------------------------------------------
# check_says FILE WORD DEFAULT: the rest of the line `# vm: WORD …`
check_says() {
	local found
	found=$(sed -n "s/^# vm: $2\( \|$\)//p" "$1")
	printf '%s\n' "${found:-$3}"
}

check_asks() { # FILE WORD
	grep -qE "^# vm: $2( |$)" "$1"
}

check_payload() { # RUN
	local folder=$1/payload
	mkdir -p "$folder/tests" && cp -R "$TREE/tests/vm" "$TREE/tests/support" "$folder/tests/" &&
		cp "$TREE/tests/vm/guest" "$folder/" &&
		cp -a "$APP/app" "$folder/" && machine_payload "$1" "$folder" && rm -rf "$folder"
}

# Sets STATE for what the scenario wants to start from: the machine that has just booted, or what
# tests/vm/NAME.state made of that.
check_state() { # FILE
	local name key script
	machine_booted
	name=$(check_says "$1" from '')
	[ -n "$name" ] || return 0
	script=$TREE/tests/vm/$name.state
	IMAGES=''
	! check_asks "$script" images || images_ready || exit 1
	key=$({
		echo "$STATE" "$IMAGES"
		cat "$script" "$TREE/tests/vm/lib.sh" "$TREE/tests/vm/guest"
		[ ${#EXTRA[@]} = 0 ] || stat -c '%n %s %Y' "${EXTRA[@]}"
	} | sha256sum | cut -c1-12)
	[ -d "$VM/state-$name-$key" ] || {
		exec {lock}>"$VM/lock.state-$name-$key"
		flock "$lock"
		[ -d "$VM/state-$name-$key" ] || check_make_state "$name" "$VM/state-$name-$key"
		exec {lock}>&-
	}
	STATE=$VM/state-$name-$key
	touch "$STATE"
	find "$VM" -maxdepth 1 -name "state-$name-*" -mtime +14 -exec rm -rf --one-file-system {} +
}

# The saved machine has not yet looked at the drive, so that it may be another.
check_images() { # RUN
	[ -z "$IMAGES" ] || { rm "$1/data3.qcow2" && machine_overlay "$1/data3.qcow2" "$IMAGES/docker.raw" raw "$DATA_SIZE"; }
}

check_make_state() { # NAME STATE
	local run began=$SECONDS
	run_new "state-$1"
	run=$RUN
	if machine_drives "$run" "$STATE" && check_images "$run" && check_payload "$run" &&
		machine_start "$run" resume "$STATE" && check_run "$run" "$(check_says "$TREE/tests/vm/$1.state" time 600)" script "$1.state" >&2 &&
		[ "$STATUS" = 0 ] && machine_save "$run" "$2"; then
		say "made the state '$1' in $((SECONDS - began)) s"
		run_end "$run"
	else
		fail "the state '$1' could not be made: see '$(run_keep "$run" "$1.state")'"
	fi
}

# --- one conversation ------------------------------------------------------------------------------------
# Has the guest run something. Its TAP is printed, all it says is logged. Sets STATUS (what it exited
# with), NEXT (what vm_reboot or vm_power_cut ask for) and OUTCOME. Fails when the guest falls silent.
check_run() { # RUN SECONDS WORDS…
	local run=$1 limit=$2 end=$((SECONDS + $2 + 300)) line
	shift 2
	STATUS=255 NEXT='' OUTCOME=''
	machine_tell "$1" "$2" "$limit" "$(($(date +%s) + CLOCK))" "${@:3}"
	while [ $SECONDS -lt $end ] && IFS= read -r -t $((end - SECONDS)) -u "$FROM" line; do
		printf '%s\n' "$line" >>"$run/log"
		case $line in
		'vm: done') return 0 ;;
		'vm: end '*) STATUS=${line#vm: end } ;;
		'vm: next '*) NEXT=${line#vm: next } ;;
		'vm: outcome '*) OUTCOME=${line#vm: outcome } ;;
		'log: '*) ;;
		*) printf '%s\n' "$line" ;;
		esac
	done
	# the end of the pipe comes before its time is over
	if [ $SECONDS -lt $end ]; then
		say "the guest is gone"
	else
		say "the guest says nothing after $((limit + 300)) s"
	fi
	return 1
}

# --- a scenario --------------------------------------------------------------------------------------------
check_scenario() { # FILE
	local file=$1 name limit words run status=0 variables=() phase count failed clock how
	name=$(basename "$file")
	limit=$(check_says "$file" time 900)
	words=$(check_says "$file" boot '')
	if [[ " $words " == *' cloud-init '* ]]; then
		words=${words/cloud-init/}
	else
		words+=' cloud-init=disabled'
	fi
	check_state "$file"
	run_new "$name"
	run=$RUN
	if check_asks "$file" boot; then
		machine_drives "$run" && check_payload "$run" && machine_boot "$run" "$words" || status=1
	else
		machine_drives "$run" "$STATE" && check_payload "$run" && machine_start "$run" resume "$STATE" || status=1
	fi
	while [ $status = 0 ]; do
		check_run "$run" "$limit" script "$name" "${variables[@]}" || status=1
		[ "$STATUS" = 0 ] || status=1
		if [ $status != 0 ] || [ -z "$NEXT" ]; then break; fi
		read -r how phase count failed clock <<<"$NEXT"
		variables=("VM_PHASE=$phase" "VM_COUNT=$count" "VM_FAILED=$failed")
		CLOCK=$((CLOCK + clock))
		if [ "$how" = reboot ]; then
			machine_tell poweroff
			machine_gone
		else
			machine_cut
		fi
		machine_boot "$run" "$words" || status=1
	done
	machine_cut
	[ $status = 0 ] || printf '# all it printed: %s\n' "$(run_keep "$run" "$name")"
	run_end "$run"
	return $status
}

# --- power cuts ---------------------------------------------------------------------------------------------
# The machine is set up and saved once. Then the work is run to its end, which tells how long it takes, and
# then cut once in each of as many equal parts of that time as there are trials. After every cut the same
# drives are booted and looked at: by a boot as far as their volumes, because a trial is most of all that boot.
check_cut() { # FILE
	local file=$1 name limit trials run trial status=0
	name=$(basename "$file")
	limit=$(check_says "$file" time 900)
	trials=${ECS_VM_TRIALS:-$(check_says "$file" trials 5)}
	RANDOM=${ECS_VM_SEED:=$SRANDOM}
	printf '1..%d\n# ECS_VM_SEED=%s\n' $((trials + 2)) "$ECS_VM_SEED"
	check_state "$file"
	run_new "$name"
	run=$RUN
	if machine_drives "$run" "$STATE" && check_payload "$run" && machine_start "$run" resume "$STATE" &&
		check_run "$run" "$limit" cut "$name" setup && [ "$STATUS" = 0 ] && machine_save "$run" "$run/armed"; then
		echo "ok 1 - set up"
	else
		printf 'not ok 1 - set up\n# all it printed: %s\nBail out!\n' "$(run_keep "$run" "$name")"
		return 1
	fi
	check_trial "$run" "$file" 0 "$trials" || return 1
	OUTCOMES=()
	for ((trial = 1; trial <= trials; trial++)); do
		check_trial "$run" "$file" "$trial" "$trials" || status=1
	done
	printf '%s\n' "${OUTCOMES[@]}" | sort | uniq -c | sed 's/^/# outcome:/'
	return $status
}

# Trial 0 is the one that is not cut before its end.
check_trial() { # RUN FILE TRIAL TRIALS
	local armed=$1/armed run=$1/trial name trial=$3 good=1 at='' what
	name=$(basename "$2")
	rm -rf "$run"
	mkdir "$run"
	mv "$1/payload.img" "$run/"
	if machine_drives "$run" "$armed" && machine_start "$run" resume "$armed"; then
		check_work "$run" "$name" "$trial" "$4" || good=0
	else
		good=0
	fi
	machine_cut
	what="the work ran to its end in $((WORK_TIME / 1000)) ms"
	[ "$trial" = 0 ] || what="power cut $((CUT_AT / 1000)) ms into the work${CUT_IN:+, in $CUT_IN}"
	if [ $good = 1 ]; then
		{ machine_boot "$run" cloud-init=disabled systemd.unit=ecs-vm-lean.target &&
			check_run "$run" "$limit" cut "$name" check "VM_FINISHED=$((trial == 0))" >"$run/tap" &&
			[ "$STATUS" = 0 ] && [ -s "$run/tap" ] && ! grep -q '^not ok' "$run/tap"; } || good=0
	fi
	machine_cut
	if [ $good = 1 ]; then
		printf 'ok %d - %s%s\n' $((trial + 2)) "$what" "${OUTCOME:+: $OUTCOME}"
		OUTCOMES+=("${CUT_IN:+$CUT_IN: }${OUTCOME:-whole}")
	else
		at=$(run_keep "$run" "$name.$trial")
		# the drive as the cut left it and the check found it: LVM is on the first
		qemu-img convert -O qcow2 "$run/data0.qcow2" "${at%.log}.data0.qcow2"
		printf 'not ok %d - %s\n' $((trial + 2)) "$what"
		[ ! -s "$run/tap" ] || sed 's/^/# /' "$run/tap"
		printf '# all it printed: %s\n' "$at"
		OUTCOMES+=("${CUT_IN:+$CUT_IN: }failed")
	fi
	mv "$run/payload.img" "$1/"
	[ $good = 1 ]
}

# Has the work done and cuts it: sets WORK_TIME (trial 0) or CUT_AT, in microseconds, and CUT_IN, what the work
# said last of where it is.
check_work() { # RUN NAME TRIAL TRIALS
	local line began
	CUT_IN=''
	machine_tell cut "$2" "$limit" "$(($(date +%s) + CLOCK))" work
	machine_wait "$1" 300 'vm: go' || return 1
	began=${EPOCHREALTIME/[.,]/}
	if [ "$3" = 0 ]; then
		machine_wait "$1" $((limit + 60)) 'vm: end 0' || return 1
		WORK_TIME=$((${EPOCHREALTIME/[.,]/} - began))
		return 0
	fi
	CUT_AT=$((WORK_TIME * (($3 - 1) * 32768 + RANDOM) / ($4 * 32768)))
	local now left
	while now=${EPOCHREALTIME/[.,]/} && left=$((began + CUT_AT - now)) && [ $left -gt 0 ]; do
		# the end of the pipe is an event too: the guest died of the work, not of the cut
		if IFS= read -r -t "$((left / 1000000)).$(printf %06d $((left % 1000000)))" -u "$FROM" line; then
			printf '%s\n' "$line" >>"$1/log"
			[ "$line" = "${line#vm: at }" ] || CUT_IN=${line#vm: at }
		elif ! kill -0 "$QEMU" 2>/dev/null; then
			return 1
		fi
	done
}
