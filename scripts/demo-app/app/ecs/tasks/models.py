# SPDX-License-Identifier: MIT
from django.db import models


class Task(models.Model):
    """Work to be done. The row is the truth; Redis only wakes the worker up."""

    class State(models.TextChoices):
        WAITING = "waiting"
        DONE = "done"
        FAILED = "failed"

    name = models.CharField(max_length=100)
    arguments = models.JSONField(default=list)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True)
    created = models.DateTimeField(auto_now_add=True)
    finished = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["state", "id"], name="task_state_id")]

    def __str__(self):
        return f"{self.name} {self.arguments}"
