# SPDX-License-Identifier: MIT
from django import forms
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import FileResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from ecs.documents.models import Document
from ecs.documents.tasks import digest


class UploadForm(forms.Form):
    title = forms.CharField(max_length=200)
    file = forms.FileField(max_length=255)


@login_required
def documents(request):
    """The list, and the form above it."""
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        upload(request.user, **form.cleaned_data)
        return redirect("documents")
    rows = Document.objects.select_related("owner")[:200]
    waiting = any(not row.sha256 for row in rows)
    return render(request, "documents/list.html", {"form": form, "rows": rows, "waiting": waiting})


def upload(user, title, file):
    with transaction.atomic():
        document = Document.objects.create(
            title=title, filename=file.name, file=file, size=file.size, owner=user
        )
        digest.later(document.pk)


@login_required
@require_safe
def download(request, key):
    document = get_object_or_404(Document, key=key)
    # an attachment: an uploaded page must not run as a page of this site
    return FileResponse(document.file.open("rb"), as_attachment=True, filename=document.filename)
