#!/bin/bash
# SPDX-License-Identifier: MIT
#
# ecs-start killed by SIGKILL before, inside and after each of its steps: nobody ever sees half a database, and the
# next ecs-start brings the appliance up. Each run takes a share of the lines of the journal and
# of the calls (takes, in lib.sh).
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/appliance.sh"

tiny_root
make_template
diag "ECS_SEED=$ECS_SEED"
put_dump
write_env '  recover: {from_dump: true}'

# The next start after a kill WHAT: all is there, and nothing is left over.
recovers() {
	local what=$1
	ok "$what: no half database is seen" none_or_complete 1000
	start
	is "$status" 0 "$what: the next start brings it up"
	ok "$what: whole, and nothing left over" complete 1000
	is "$(running)" 'ecs-postgres ecs.web nginx' "$what: all run"
}

# --- before and after: each line of the journal is flushed by the only fdatasync(2) there is --------------------
for ((n = 1; n < 100; n++)); do
	takes $n || continue
	reset cluster
	run strace -qqq -o "$WORK/strace" -e trace=fdatasync -e "inject=fdatasync:signal=KILL:when=$n" \
		ecs-start --root "$ROOT"
	[ "$status" != 0 ] || break
	is "$status" 137 "killed at line $n of the journal"
	line=$(tail -n1 "$ROOT/var/lib/ecs/journal" 2>/dev/null)
	recovers "killed at line $n (${line:-none})"
done
is "$status" 0 'past the last line nothing is killed'
ok "steps were begun and ended under the knife (up to line $n)" test $n -gt 24

# --- inside: at each call of docker that changes something, while it works and when it has -----------------------------------------------
path=$WORK/path
mkdir "$path"
cat >"$path/docker" <<'END'
#!/bin/bash
# docker, but of the calls that change something the one whose number stands in `at` ends with the death of who called
d=$(dirname "$0")
case " $* " in
*" inspect "* | *" ls "* | *" config "* | *" version "*) exec /usr/bin/env PATH=/usr/local/bin:/usr/bin:/bin docker "$@" ;;
esac
n=$(($(cat "$d/count") + 1))
echo $n >"$d/count"
[ $n = "$(cat "$d/at")" ] || exec /usr/bin/env PATH=/usr/local/bin:/usr/bin:/bin docker "$@"
echo "$*" >"$d/fired"
export PATH=/usr/local/bin:/usr/bin:/bin
case $(cat "$d/how") in
during)
	setpriv --pdeathsig KILL docker "$@" <&0 &
	read -rt 0.15 <> <(:)
	;;
running) # the container that it makes
	setpriv --pdeathsig KILL docker "$@" <&0 &
	until docker ps -q --filter "label=com.docker.compose.project=$(cat "$d/project")" \
		--filter label=com.docker.compose.oneoff=True | grep -q .; do read -rt 0.1 <> <(:); done
	;;
*) docker "$@" ;;
esac
kill -KILL $PPID
END
chmod +x "$path/docker"

# the points are: during the first call, after it, during the second one…
for ((point = 2; point < 200; point++)); do
	takes $point || continue
	n=$((point / 2)) how=during
	[ $((point % 2)) = 0 ] || how=after
	reset cluster
	rm -f "$path/fired"
	echo 0 >"$path/count"
	echo $n >"$path/at"
	echo $how >"$path/how"
	run env ECS_PATH="$path:/usr/sbin:/usr/bin:/sbin:/bin" ecs-start --root "$ROOT"
	[ -e "$path/fired" ] || break
	call=$(grep -oE '(run|up|exec|start|stop|rm|build)( |$)' "$path/fired" | head -n1)
	is "$status" 137 "killed $how call $n of docker (${call% })"
	recovers "killed $how call $n (${call% })"
done
is "$status" 0 'past the last call nothing is killed'
ok "calls were killed (up to call $n)" test "$n" -gt 5

# --- the next command is no start: it walks back what was begun, and makes nothing ------------------------------------
# call_at PATTERN: the call of docker that ends with the death of who called, instead of the Nth
call_at() { sed -i "s/^\[.*\] || exec/[[ \" \$* \" == *'$1'* ]] || exec/" "$path/docker"; }

# walked_back WHAT DATABASES: so many are left; a command that does nothing else here (a stop ends one-offs of its own accord)
walked_back() {
	run ecs-snapshot --root "$ROOT" expire
	like "$err" "'start' was cut off at" "$1: the next command walks back"
	nok "$1: no journal is left" test -e "$ROOT/var/lib/ecs/journal"
	is "$(docker ps -aq --filter "label=com.docker.compose.project=$(project_of "$ROOT")" \
		--filter label=com.docker.compose.oneoff=True)" '' "$1: no one-off is left"
	nok "$1: no half cluster is left" test -e "$ROOT/data/ecs-postgres/pg.new"
	# each has a folder: template1, template0, postgres
	is "$(find "$ROOT/data/ecs-postgres" -path '*/pg/base/*' -prune -print | wc -l)" "$2" "$1: no half database is left"
}

# all run, and the database is missing: the application is stopped, and started again on the way back
until_true 20 sql 'ALTER DATABASE ecs RENAME TO elsewhere' postgres || bail 'the database is in use all the time'
touch "$ROOT"/data/ecs-storage-vault/{slow,well}
project_of "$ROOT" >"$path/project"
echo running >"$path/how"
call_at ' migrate '
run env ECS_PATH="$path:/usr/sbin:/usr/bin:/sbin:/bin" ecs-start --root "$ROOT" --new-database
is "$status" 137 'killed within the migration'
walked_back 'killed within the migration' 4
rm "$ROOT"/data/ecs-storage-vault/{slow,well}
start --new-database
ok 'killed within the migration: the next start makes it whole' complete 1000

# --- a machine without a cluster: while it is made ------------------------------------------------------------
write_env
for how in during after; do
	reset
	rm -f "$path/fired"
	echo 0 >"$path/count"
	echo $how >"$path/how"
	call_at ' initdb '
	run env ECS_PATH="$path:/usr/sbin:/usr/bin:/sbin:/bin" ecs-start --root "$ROOT"
	is "$status" 137 "killed $how the making of a cluster"
	like "$(cat "$path/fired" 2>/dev/null)" 'initdb' "killed $how the making of a cluster: it fired"
	nok "killed $how the making of a cluster: there is none" test -e "$ROOT/data/ecs-postgres/pg"
	[ $how = during ] || walked_back "killed $how the making of a cluster" 0
	start
	is "$status" 0 "killed $how the making of a cluster: the next start brings it up"
	ok "killed $how the making of a cluster: whole" complete 1
done
finish
