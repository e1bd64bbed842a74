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
	"    EMAIL_HOST, EMAIL_PORT, EMAIL_TIMEOUT = 'host.docker.internal', $mail, 5" \
	"    SECRET_KEY = 'that of the appliance, as older settings have it'" "    PASSWORD_RESET_SECRET = SECRET_KEY"
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

# resets ROOT PYTHON: what it prints, with "g", which makes the links that set a new password, and the user "u"
resets() {
	ecs-manage --root "$1" shell -c "from django.contrib.auth.tokens import default_token_generator as g
from django.contrib.auth.models import User
from django.conf import settings
u = User.objects.get(username='admin')
print($2)" 2>/dev/null
}
is "$(resets "$ROOT" "g.check_token(u, '$(resets "$ROOT" 'g.make_token(u)')')")" True 'the appliance takes a link of its own'
is "$(resets "$CLONE" "g.check_token(u, '$(resets "$CLONE" 'g.make_token(u)')')")" True 'and the clone one of its own'
is "$(resets "$ROOT" "g.check_token(u, '$(resets "$CLONE" 'g.make_token(u)')')")" False \
	"a link made in the clone sets no password on the appliance, though ecs.settings set the key of both"
nok 'nor is another key of the settings the same' \
	test "$(resets "$ROOT" settings.PASSWORD_RESET_SECRET)" = "$(resets "$CLONE" settings.PASSWORD_RESET_SECRET)"

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
