# SPDX-License-Identifier: MIT
from django.contrib import admin

from ecs.documents.models import Document


@admin.register(Document)
class DocumentAdmin(admin.ModelAdmin):
    list_display = ["title", "filename", "size", "owner", "created"]
    search_fields = ["title", "filename", "sha256"]
    readonly_fields = ["key", "file", "size", "sha256", "owner", "created"]

    def has_add_permission(self, request):
        return False
