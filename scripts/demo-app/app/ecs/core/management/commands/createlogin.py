# SPDX-License-Identifier: MIT
import sys

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = "Make a login, or give it a new password. The password is the first line of stdin."

    def add_arguments(self, parser):
        parser.add_argument("name")
        parser.add_argument("--email", default="")
        parser.add_argument("--superuser", action="store_true")

    def handle(self, *args, **options):
        # not an argument: every process of the machine can read those
        password = sys.stdin.readline().rstrip("\r\n")
        if not password:
            raise CommandError("no password on stdin")
        user, created = get_user_model().objects.get_or_create(username=options["name"])
        user.set_password(password)
        user.email = options["email"] or user.email
        if options["superuser"]:
            user.is_staff = user.is_superuser = True
        user.save()
        self.stdout.write(f"{user.username}: {'made' if created else 'changed'}")
