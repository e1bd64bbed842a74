# SPDX-License-Identifier: MIT
import os

from django.apps import AppConfig
from django.conf import settings


class DocumentsConfig(AppConfig):
    name = "ecs.documents"

    def ready(self):
        # where there is no vault (an image that is being built), there are no uploads either
        if os.access(settings.VAULT, os.W_OK):
            settings.FILE_UPLOAD_TEMP_DIR.mkdir(mode=0o700, exist_ok=True)
