#!/bin/bash
# SPDX-License-Identifier: MIT
# A clone of the whole appliance: a person logs in there and works, and no mail leaves it, whatever the settings say.
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/appliance.sh"
. "$(dirname "$0")/../support/whole.sh"
. "$(dirname "$0")/../support/grown.sh"
. "$(dirname "$0")/../support/clones.sh"

whole_root
clone_volumes
mail=$(free_port)
python3 "$ECS_TREE/tests/support/sink.py" "$mail" "$WORK/mail" &
at_end kill $!
# an administrator who insists
write_env "  allowed_hosts: [localhost, ecs.example.org]" "ecs:" "  settings: |" \
	"    EMAIL_BACKEND = 'django.core.mail.backends.smtp.EmailBackend'" \
	"    EMAIL_HOST, EMAIL_PORT, EMAIL_TIMEOUT = 'host.docker.internal', $mail, 5"
start
is "$status" 0 'the appliance starts'
password=$(openssl rand -hex 8)
ecs-manage --root "$ROOT" createlogin --superuser admin <<<"$password" >/dev/null
log_in admin "$password"
upload() { # NAME
	echo "$1" >"$WORK/$1"
	site / -o /dev/null -w '%{http_code}' -e "$SITE/" -F "csrfmiddlewaretoken=$(token)" -F "title=$1" -F "file=@$WORK/$1"
}
upload original
is "$out" 302 'with a document'
cp "$COOKIES" "$WORK/session"

create
is "$status" 0 'a clone is made'
original=$SITE SITE=https://localhost:$((PORT + 3))
log_in admin "$password"
is "$out" "302 $SITE/" 'the same person logs in there'
site /
like "$out" original 'and sees the document'
upload rehearsal
is "$out" 302 'one is added'
site /
like "$out" rehearsal 'which is there'
SITE=$original COOKIES=$WORK/session
site /
unlike "$out" rehearsal 'but not on the appliance'
like "$out" original 'whose own is'
SITE=https://localhost:$((PORT + 3))
code /
is "$out" 302 "a session of the appliance's is none there"

# deliver ROOT SUBJECT: the application sends a mail
deliver() {
	run ecs-manage --root "$1" shell -c "from django.core.mail import send_mail; send_mail('$2', 'x', 'a@b.example', ['c@d.example'])"
}
deliver "$ROOT" by-the-appliance
is "$status" 0 'the appliance sends mail'
deliver "$CLONE" by-the-clone
nok 'the clone does not' test "$status" = 0
is "$(grep ^Subject "$WORK/mail" | tr -d '\r')" 'Subject: by-the-appliance' 'and none of its is delivered'

clone destroy
is "$status $(clone_rest)" '0 ' 'nothing is left'
SITE=$original
site /
like "$out" original 'but the appliance'
finish
