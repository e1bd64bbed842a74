# SPDX-License-Identifier: MIT
import pathlib
import signal
import time

import redis
from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import Error, close_old_connections

from ecs.tasks import queue

ALIVE = pathlib.Path("/tmp/worker.alive")
ROUND = 5


class Stop(Exception):
    """Raised by SIGTERM while the worker waits for something to do."""


class Command(BaseCommand):
    help = "Work off the queue until told to stop; a task under way is finished first."

    stopping = False
    idle = False

    def stop(self, signum, frame):
        self.stopping = True
        if self.idle:
            raise Stop

    def handle(self, *args, **options):
        signal.signal(signal.SIGTERM, self.stop)
        signal.signal(signal.SIGINT, self.stop)
        queue.log.info("worker is ready")
        try:
            while not self.stopping:
                self.round()
        except Stop:
            pass
        queue.log.info("worker ends")

    def round(self):
        close_old_connections()
        try:
            while not self.stopping and queue.work_one():
                ALIVE.touch()
            ALIVE.touch()
        except Error as error:
            # the healthcheck notices when this does not pass
            queue.log.warning("no database: %s", error)
        self.wait()

    def wait(self):
        """Until the bell rings, or for the length of a round."""
        self.idle = True
        try:
            if self.stopping:
                return
            if not settings.REDIS_URL:
                time.sleep(ROUND)
                return
            with queue.bell() as connection:
                connection.brpop(queue.BELL, ROUND)
        except redis.RedisError:
            time.sleep(ROUND)
        finally:
            self.idle = False
