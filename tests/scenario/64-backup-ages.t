#!/bin/bash
# SPDX-License-Identifier: MIT
# What is kept of old backups, with a clock that runs ahead: duplicity's full ones and increments, restic's days, weeks
# and months. Each that is kept restores: its files, which tell which one it is.
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/appliance.sh"
. "$(dirname "$0")/../support/restoring.sh"
restoring_root
FEW=1
first_backup

# The engines with a clock that runs ahead by $DAYS: a tool gives its children no variable that moves it, and restic,
# which is linked statically, would not heed it.
mkdir "$WORK/bin"
cat >"$WORK/bin/duplicity" <<'END'
#!/bin/bash
FAKETIME_DONT_FAKE_MONOTONIC=1 exec faketime -f "$(cat "$0.days")d" /usr/bin/duplicity "$@"
END
cat >"$WORK/bin/restic" <<'END'
#!/bin/bash
[ "$1" != backup ] || set -- "$@" --time "$(cat "${0%/*}/restic.time")"
exec /usr/bin/restic "$@"
END
# the noon of that day and some seconds, counted from one that stays the same when this runs past midnight, and is no future
yesterday=$(date -d yesterday +%F)
noon() { date -d "$SECONDS seconds $1 days $yesterday 12:00" '+%F %T'; }
chmod +x "$WORK/bin/"*
export ECS_PATH=$WORK/bin:/usr/sbin:/usr/bin:/sbin:/bin FAKETIME_DONT_FAKE_MONOTONIC=1

# at DAYS COMMAND…: as if so many days had passed, or were to come, as `run`
at() {
	printf '%+d\n' "$1" >"$WORK/bin/duplicity.days"
	noon "$(printf %+d "$1")" >"$WORK/bin/restic.time"
	run faketime -f "$(cat "$WORK/bin/duplicity.days")d" "${@:2}" --root "$ROOT"
}

# backup_at DAYS…: one at each, with the day in the vault
backup_at() {
	local day
	for day; do
		echo "$day" >"$VAULT/b"
		at "$day" ecs-backup
		[ "$status" = 0 ] || bail "the backup of day $day: $err"
	done
}

# kept DAY: the kinds of all that are listed then, in order
kept() {
	at "$1" ecs-backup --list
	cut -f2 <<<"$out" | paste -sd' '
}

# restores DAY WANTED: the last that is not after DAY
restores() {
	at 700 ecs-restore --only files --time "$(date -u -d "+$1 days" +%Y-%m-%dT%H:%M:%SZ)"
	is "$status $(cat "$VAULT/b")" "0 $2" "that of day $2 restores"
	restore --commit
}

# --- duplicity --------------------------------------------------------------------------------------------------------
backup_at 20 40
is "$(kept 40)" 'full incremental incremental' 'within two months only increments'
backup_at 65 70
is "$(kept 70)" 'full incremental incremental full incremental' 'then a full one'
backup_at 140 210
is "$(kept 210)" 'full incremental incremental full incremental full full' 'four full ones are kept, with their increments'
backup_at 280
is "$(kept 280)" 'full incremental full full full' 'of the fifth on the oldest goes, with its own'
restores 80 70
restores 300 280

# the clock falls back by a month: the newest is dated later than now, and none is lost or passed over
backup_at 250
like "$err" 'warning: 1 of the backups at .* are dated in the future' 'a date that is later than now is said'
at 250 ecs-restore --only files
is "$status $(cat "$VAULT/b")" '0 250' 'without --time the one that was stored last restores'
restore --commit
backup_at 251
is "$(kept 251)" 'full incremental full full full incremental incremental' 'two increments behind the newest, whatever its date'
at 251 ecs-restore --only files
is "$status $(cat "$VAULT/b")" '0 251' 'and the last of them restores'
restore --commit
restores 285 251
at 251 ecs-backup --check
is "$status" 0 '--check: yes'
at 320 ecs-backup --check
is "$status" 1 '--check: after forty days it is no longer fresh'
like "$err" 'the last backup is from 20' 'and says of when the last one is'

# --- restic -----------------------------------------------------------------------------------------------------------
# It never removes what is in the future, so these are of days that are over.
backup_env "restic:$WORK/repository"
start
backup_at -20 -20 -19 -19
is "$(kept 0 | wc -w)" 4 'restic keeps all of two days'

# those of many days, made quicker: it knows them by their host and path
stage=$ROOT/data/temp/ecs-backup
mkdir -p "$stage"
id=$(sed -n 's/.*"appliance": "\(.*\)".*/\1/p' "$ROOT/var/lib/ecs/backup/owner.json")
echo one >"$stage/one"
for day in -{130,129,100,99,70,69} -{18..1}; do
	(cd "$stage" && restic -q -r "$WORK/repository" --password-file "$KEY" backup --host ecs --tag ecs --tag "ecs-$id" \
		--time "$(noon "$day")" . >/dev/null) || bail 'restic backup failed'
done
rm -r "$stage"
backup_at 0
at 0 ecs-backup --list
since() { awk -v from="$(noon "$1" | cut -d' ' -f1)" '$1 >= from' <<<"$out" | wc -l; }
is "$(since -12)" 13 'each of the last two weeks'
found=$(($(wc -l <<<"$out") - $(since -12)))
# one more of the fortnight, two to three of weeks, three to five of months
ok "and of what is older the last of weeks and months ($found of 15)" test "$found" -ge 5 -a "$found" -le 9
at 0 ecs-restore --only files
is "$status $(cat "$VAULT/b")" '0 0' 'the last one restores'
restore --commit
backup_at -3
like "$err" 'warning: 3 of the backups at .* are dated in the future' 'restic: a date that is later than now is said'
at 0 ecs-restore --only files
is "$status $(cat "$VAULT/b")" '0 -3' 'restic: the one that was stored last restores'
restore --commit
at 0 ecs-restore --only files --time "$(date -u -d "$(noon 0)" +%Y-%m-%dT%H:%M:%SZ)"
is "$status $(cat "$VAULT/b")" '0 0' 'restic: --time goes by the dates'
restore --commit
backup_env "restic:$WORK/repository" "    options: '--keep-last 1'"
start
backup_at 0
is "$(kept 0 | wc -w)" 1 'or what the options say, if they say so'
finish
