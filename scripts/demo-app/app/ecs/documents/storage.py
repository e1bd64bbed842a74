# SPDX-License-Identifier: MIT
import os

from django.conf import settings
from django.core.files.storage import FileSystemStorage
from django.utils.deconstruct import deconstructible


@deconstructible
class VaultStorage(FileSystemStorage):
    """Files that are on the disk before anyone is told that they were taken."""

    def __init__(self):
        super().__init__(file_permissions_mode=0o640)

    @property
    def base_location(self):
        return settings.VAULT

    @property
    def location(self):
        return os.path.abspath(self.base_location)

    def _save(self, name, content):
        name = super()._save(name, content)
        path = self.path(name)
        while not os.path.samefile(path, self.location):
            self.sync(path)
            path = os.path.dirname(path)
        self.sync(path)
        return name

    @staticmethod
    def sync(path):
        fd = os.open(path, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
