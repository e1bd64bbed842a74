# SPDX-License-Identifier: MIT
"""A queue in the database: a task is taken on by the same commit that saves what it is about."""

import logging

import redis
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from ecs.tasks.models import Task

log = logging.getLogger(__name__)
known = {}
BELL = "ecs.tasks"
TRIES = 3


def task(name):
    """Make a function known by name; its later() runs it in the worker."""

    def register(function):
        known[name] = function
        function.later = lambda *arguments: enqueue(name, arguments)
        return function

    return register


def enqueue(name, arguments):
    Task.objects.create(name=name, arguments=list(arguments))
    transaction.on_commit(ring)


def bell():
    return redis.from_url(settings.REDIS_URL, socket_timeout=10, socket_connect_timeout=1)


def ring():
    """Wake a worker up. One that hears nothing looks by itself every few seconds."""
    if not settings.REDIS_URL:
        return
    try:
        with bell() as connection:
            connection.lpush(BELL, "1")
            connection.ltrim(BELL, 0, 99)
    except redis.RedisError as error:
        log.warning("worker was not woken: %s", error)


def work_one():
    """Do the oldest waiting task. Returns whether there was one.

    The row stays locked meanwhile: no second worker takes it, and a worker that dies leaves it
    waiting.
    """
    with transaction.atomic():
        row = (
            Task.objects.select_for_update(skip_locked=True)
            .filter(state=Task.State.WAITING)
            .order_by("tries", "id")
            .first()
        )
        if row is None:
            return False
        row.tries += 1
        try:
            with transaction.atomic():
                known[row.name](*row.arguments)
        except Exception as error:
            log.exception("task %s (%s) failed", row.pk, row)
            row.error = f"{type(error).__name__}: {error}"
            row.state = Task.State.FAILED if row.tries >= TRIES else Task.State.WAITING
        else:
            row.state = Task.State.DONE
            log.info("task %s (%s) done", row.pk, row)
        row.finished = None if row.state == Task.State.WAITING else timezone.now()
        row.save()
    return True
