# SPDX-License-Identifier: MIT
import uuid

from django.conf import settings
from django.db import models


def vault_name(document, filename):
    """Two levels of folders keep each of them small; the visitor's file name is never a path."""
    key = document.key.hex
    return f"documents/{key[:2]}/{key[2:4]}/{key}"


class Document(models.Model):
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    title = models.CharField(max_length=200)
    filename = models.CharField(max_length=255)
    file = models.FileField(upload_to=vault_name, max_length=200)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64, blank=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created", "-id"]

    def __str__(self):
        return self.title
