# SPDX-License-Identifier: MIT
import hashlib
import logging

from django.core.mail import send_mail

from ecs.documents.models import Document
from ecs.tasks.queue import task

log = logging.getLogger(__name__)


@task("documents.digest")
def digest(pk):
    """Compute the SHA-256 of a document, so that a later loss of bits is noticed."""
    document = Document.objects.select_related("owner").get(pk=pk)
    with document.file.open("rb") as file:
        document.sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    document.save(update_fields=["sha256"])
    if document.owner.email:
        tell_owner(document)


def tell_owner(document):
    text = f"Your document '{document.title}' was taken into the vault.\n\nSHA-256: {document.sha256}\n"
    try:
        send_mail(f"Document received: {document.title}", text, None, [document.owner.email])
    except OSError as error:
        # the document is safe; a mail server that is away is no reason to compute it again
        log.warning("mail to user %s was not taken: %s", document.owner_id, error)
