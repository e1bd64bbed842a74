# SPDX-License-Identifier: MIT
from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class TasksConfig(AppConfig):
    name = "ecs.tasks"

    def ready(self):
        autodiscover_modules("tasks")
