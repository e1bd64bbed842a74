# SPDX-License-Identifier: MIT
from django.contrib import admin

from ecs.tasks.models import Task


@admin.register(Task)
class TaskAdmin(admin.ModelAdmin):
    list_display = ["id", "name", "arguments", "state", "tries", "created", "finished"]
    list_filter = ["state", "name"]

    def has_add_permission(self, request):
        return False
