#!/bin/bash
# SPDX-License-Identifier: MIT
#
# ecs-status in each state that an appliance can be in, as text, JSON and metrics, the latter as Prometheus' own
# node exporter reads them.
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/appliance.sh"

tiny_root
look() { run ecs-status --root "$ROOT" "$@"; }
# state WORD NAME [STATUS]: text, JSON and metrics agree on it
state() {
	look
	is "$status $(sed -n 's/^state\t//p' <<<"$out")" "${3-0} $1" "$2: $1"
	look --json
	is "$status $(field state)" "${3-0} $1" "$2: in JSON too"
	look --metrics
	is "$(sed -n 's/^ecs_state_info{state="\([a-z]*\)".*} 1$/\1/p' <<<"$out")" "$1" "$2: and in the metrics"
	is "$(sed -n 's/^ecs_running //p' <<<"$out")" "$([ "$1" = running ] && echo 1 || echo 0)" "$2: running or not"
}
# field PATH: of the JSON in $out, as Python writes it
field() {
	python3 -c '
import json, sys
value = json.load(sys.stdin)
for key in sys.argv[1].split("."):
    value = value[int(key) if key.isdigit() else key]
print(value)' "$1" <<<"$out"
}

# --- nothing yet -----------------------------------------------------------------------------------------------------
state empty 'an empty machine'
look
like "$out" $'\nvolume\tecs-database\t'"$ROOT"$'/data/ecs-postgres\tnone\t0\t0' 'no volume'
like "$out" $'\nvolume\ttemp\t' 'all three are told of'
unlike "$out" $'\n(revision|lock|unfinished|service|snapshot|room)' 'and nothing that is not there'
is "$err" '' 'without a word'
is "$(find "$ROOT/var" "$ROOT/run" "$ROOT/data" -not -type d 2>/dev/null)" '' \
	'looking writes nothing'
run ecs-status --root "$ROOT" --json --metrics
is "$status" 64 '--json and --metrics exclude each other'

# --- standby ---------------------------------------------------------------------------------------------------------
write_env '  standby: true'
start
is "$status" 0 'a start on standby'
state standby 'on standby'
write_env

# --- running ---------------------------------------------------------------------------------------------------------
# a real volume, so that there is something to be full, and to take snapshots of
vault=$ROOT/data/ecs-storage-vault
mkdir -p "$vault"
truncate -s 512M "$ROOT/vault.img"
mkfs.btrfs -q "$ROOT/vault.img" >/dev/null 2>&1
mount -o loop "$ROOT/vault.img" "$vault"
btrfs -q subvolume create "$vault/live"
umount "$vault"
mount -o loop,subvol=live "$ROOT/vault.img" "$vault" || bail 'cannot mount a btrfs'
at_end umount --lazy "$vault"
start
is "$status" 0 'it starts'
state running 'all runs'
revision=$(git -C "$ROOT/app/ecs" rev-parse HEAD)
look
like "$out" $'\nrevision\t'"$revision"$'\tmain\t20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z\n' 'which revision, and since when'
for service in ecs-postgres ecs.web; do
	like "$out" $'\nservice\t'"$service"$'\trunning\thealthy\n' "$service is healthy"
done
like "$out" $'\nservice\tnginx\trunning\t-\n' 'nginx has no healthcheck here'
like "$out" $'\nvolume\tecs-files\t'"$vault"$'\tmounted\t[1-9][0-9]+\t[1-9][0-9]+' 'a volume that is mounted'
like "$out" $'\nvolume\tecs-database\t[^\t]+\tfolder\t' 'one that is a plain folder'
like "$out" $'\nroom\tecs-files\tbtrfs\t[1-9][0-9]*\t536870912\t-' 'and what its snapshots are taken from'
look --json
is "$(field revision) $(field pending) $(field lock) $(field unfinished) $(field maintenance) $(field trouble)" \
	"$revision [] None None False []" 'the same in JSON'
is "$(python3 -c 'import json, sys
print(sorted((s["service"], s["state"], s["health"], s["oneoff"]) for s in json.load(sys.stdin)["services"]))' <<<"$out")" \
	"[('ecs-postgres', 'running', 'healthy', False), ('ecs.web', 'running', 'healthy', False), ('nginx', 'running', None, False)]" \
	'with each service'

# --- what expires ----------------------------------------------------------------------------------------------------
run ecs-snapshot --root "$ROOT" create TRIAL --volume ecs-files --expires 7d
is "$status" 0 'a snapshot that expires'
run ecs-snapshot --root "$ROOT" create KEPT --volume ecs-files
is "$status" 0 'and one that does not'
look
day=$(date -u -d '7 days' +%Y-%m-%d)
like "$out" $'\nsnapshot\tTRIAL\tecs-files\twhole\t20[^\t]+Z\t'"($day|$(date -u -d '7 days 1 minute ago' +%Y-%m-%d))T" 'when it does'
like "$out" $'snapshot\tKEPT\tecs-files\twhole\t20[^\t]+Z\t-' 'or that it never does'
look --json
is "$(field snapshots.0.volume) $(field snapshots.1.volume)" 'ecs-files ecs-files' 'in JSON too'
look --metrics
is "$(sed -n 's/^ecs_snapshot_expires_seconds\(.*\) [0-9]\{10\}$/\1/p' <<<"$out")" '{volume="ecs-files",snapshot="TRIAL"}' \
	'and in the metrics, which say nothing of what never expires'
is "$(grep -c '^ecs_service_healthy{.*} 1$' <<<"$out")" 3 'three are healthy, say the metrics'

# --- as Prometheus reads it -----------------------------------------------------------------------------------------
# exported: what the node exporter makes of all metrics of this machine
exported() {
	local port pid seen
	port=$(free_port)
	ecs-status --root "$ROOT" --metrics >"$ROOT/var/lib/ecs/metrics/status.prom" || :
	prometheus-node-exporter --collector.disable-defaults --collector.textfile --web.listen-address="127.0.0.1:$port" \
		--collector.textfile.directory="$ROOT/var/lib/ecs/metrics" 2>"$WORK/exporter" &
	pid=$!
	until_true 20 curl -sf --noproxy '*' -o "$WORK/exported" "http://127.0.0.1:$port/metrics"
	seen=$?
	kill "$pid"
	wait "$pid" 2>/dev/null
	rm "$ROOT/var/lib/ecs/metrics/status.prom"
	return "$seen"
}
ok 'the node exporter answers' exported
is "$(sed -n 's/^node_textfile_scrape_error //p' "$WORK/exported")" 0 'it can read all metrics'
for series in 'ecs_running 1' 'ecs_unfinished 0' 'ecs_maintenance 0' 'ecs_pending_migrations 0' \
	"ecs_state_info{revision=\"$revision\",state=\"running\"} 1" 'ecs_snapshot_lost{snapshot="TRIAL",volume="ecs-files"} 0' \
	'ecs_room_size_bytes{driver="btrfs",volume="ecs-files"} 5.36870912e+08' 'ecs_command_exit_code{tool="ecs-start",verb=""} 0'; do
	ok "$series" grep -qxF "$series" "$WORK/exported"
done
for series in ecs_volume_free_bytes ecs_volume_size_bytes ecs_service_healthy ecs_snapshot_created_seconds \
	ecs_command_last_success_seconds; do
	ok "$series has a help text" grep -q "^# HELP $series [A-Z].*\.\$" "$WORK/exported"
	ok "$series is a gauge" grep -qx "# TYPE $series gauge" "$WORK/exported"
done
echo 'ecs_running{ 1' >"$ROOT/var/lib/ecs/metrics/broken.prom"
exported
is "$(sed -n 's/^node_textfile_scrape_error //p' "$WORK/exported")" 1 'it would have seen what is none'
rm "$ROOT/var/lib/ecs/metrics/broken.prom"

# --- not all is well --------------------------------------------------------------------------------------------------
docker kill "$(container nginx)" >/dev/null
state degraded 'a container was killed'
look
like "$out" $'\nservice\tnginx\tstopped\t-' 'this one'
docker start "$(container nginx)" >/dev/null
state running 'it is back'
# the engine may fail to catch it in the middle of a healthcheck
ok 'the database is paused' until_true 20 docker pause "$(container ecs-postgres)"
state degraded 'the database stands still'
look
like "$out" $'\nservice\tecs-postgres\tpaused\t' 'paused'
docker unpause "$(container ecs-postgres)" >/dev/null
: >"$vault/sick"
sick() { look && [[ $out == *$'\nservice\tecs.web\trunning\tunhealthy\n'* ]]; }
ok 'a sick application is seen' until_true 60 sick
state degraded 'it is sick'
rm "$vault/sick"
well() { look && [[ $out == *$'state\trunning\n'* ]]; }
ok 'and seen to be well again' until_true 60 well

# --- at work, and cut off ----------------------------------------------------------------------------------------------
# a docker that stops nothing before it is told to
path=$WORK/path
mkdir "$path"
mkfifo "$path/go"
cat >"$path/docker" <<'END'
#!/bin/bash
[[ "$1 $2" != "container stop" ]] || read -r _ <"${0%/*}/go"
exec env PATH=/usr/local/bin:/usr/bin:/bin docker "$@"
END
chmod +x "$path/docker"
ECS_PATH=$path:/usr/sbin:/usr/bin:/sbin:/bin ecs-stop --root "$ROOT" 2>/dev/null &
stopping=$!
at_work() { look && [[ $out == *$'\nunfinished\tstop\tstop the application\t'* ]]; }
ok 'a command is at work' until_true 20 at_work
like "$out" $'\nlock\t.ecs-stop. [(]pid '"$stopping"', since 20' 'which one'
like "$out" $'^state\trunning' 'all still runs'
look --json
like "$(field lock)" "ecs-stop.*pid $stopping" 'JSON: which one'
is "$(field unfinished.flow) $(field unfinished.step) $(field unfinished.direction)" 'stop stop the application onward' \
	'JSON: and what it does'
look --metrics
like "$out" $'\necs_unfinished 0' 'nothing waits to be resolved'
kill -KILL "$stopping"
wait "$stopping" 2>/dev/null
echo go >"$path/go" & # whoever still reads
going=$!
state unfinished 'it was killed'
look
unlike "$out" $'\nlock' 'nobody holds the lock'
like "$out" $'\nunfinished\tstop\tstop the application\tonward' 'what was cut off, and where it will go'
look --metrics
like "$out" $'\necs_unfinished 1' 'which waits to be resolved'
kill "$going" 2>/dev/null
start
is "$status" 0 'the next command resolves it'
state running 'and it runs'
docker rm -f "$(container nginx)" >/dev/null
state degraded 'a container that was removed is missed, healthy as all others are'
start
is "$status" 0 'the next start makes it again'

# --- stopped ----------------------------------------------------------------------------------------------------------
stop --maintenance
is "$status" 0 'ecs-stop --maintenance'
state maintenance 'with its page'
look --json
is "$(field maintenance)" True 'the page is up'
stop
: >"$ROOT/etc/fstab"
echo "/dev/x /data/temp ext4 defaults 0 0" >>"$ROOT/etc/fstab"
rm "$ROOT/data/container/nginx/state/maintenance"
state stopped 'stopped'
look
like "$out" $'\nrevision\t'"$revision" 'it says what ran last'
like "$out" $'\nvolume\ttemp\t[^\t]*\tmissing\t' 'and which volume did not come up'
rm "$ROOT/etc/fstab"

# --- nothing answers ---------------------------------------------------------------------------------------------------
DOCKER_HOST=unix://$WORK/no.sock state unknown 'without an engine' 69
DOCKER_HOST=unix://$WORK/no.sock look
like "$err" 'the engine does not answer' 'it says so'
like "$out" $'\nrevision\t'"$revision"$'.*\nvolume\tecs-files\t' 'and what else there is to say'
DOCKER_HOST=unix://$WORK/no.sock look --json
like "$(field trouble.0)" 'the engine does not answer' 'in JSON too'
echo '{' >"$ROOT/var/lib/ecs/state.json"
look
is "$status" 78 'a state that cannot be read'
like "$out" $'\nservice\tnginx\t' 'what can be told is told'
finish
