# SPDX-License-Identifier: MIT
import hashlib
import tempfile
from pathlib import Path

from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import TestCase, override_settings

from ecs.documents.models import Document
from ecs.tasks.queue import work_one


@override_settings(ALLOWED_HOSTS=["*"])
class UploadTest(TestCase):
    def setUp(self):
        vault = tempfile.TemporaryDirectory()
        self.addCleanup(vault.cleanup)
        self.vault = Path(vault.name)
        override = override_settings(VAULT=self.vault)
        override.enable()
        self.addCleanup(override.disable)
        self.user = get_user_model().objects.create_user("ada", password="x")

    def test_needs_login(self):
        self.assertRedirects(self.client.get("/", secure=True), "/login?next=/")

    def test_upload_digest_download(self):
        self.client.force_login(self.user)
        file = SimpleUploadedFile("../plan.txt", b"content")
        response = self.client.post("/", {"title": "Plan", "file": file}, secure=True)
        self.assertRedirects(response, "/")
        document = Document.objects.get()
        self.assertEqual((document.filename, document.size, document.sha256), ("plan.txt", 7, ""))
        self.assertTrue((self.vault / document.file.name).is_file())
        self.assertTrue(work_one())
        self.assertFalse(work_one())
        document.refresh_from_db()
        self.assertEqual(document.sha256, hashlib.sha256(b"content").hexdigest())
        response = self.client.get(f"/documents/{document.key}", secure=True)
        self.assertEqual(b"".join(response.streaming_content), b"content")
        self.assertIn("attachment", response["Content-Disposition"])
