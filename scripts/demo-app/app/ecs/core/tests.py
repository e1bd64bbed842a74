# SPDX-License-Identifier: MIT
from django.test import SimpleTestCase, TestCase, override_settings


@override_settings(REQUIRE_CLIENT_CERTS=True, CLIENT_CERT_PATHS=["/admin", "/internal/"], ALLOWED_HOSTS=["*"])
class ClientCertTest(SimpleTestCase):
    def refused(self, path, **headers):
        from django.http import HttpResponse
        from django.test import RequestFactory

        from ecs.core.middleware import ClientCertMiddleware

        request = RequestFactory(headers=headers).get(path)
        return ClientCertMiddleware(lambda _: HttpResponse())(request).status_code == 403

    def test_refused_without(self):
        for path in ("/admin", "/admin/", "/admin/auth/user/", "/internal", "/internal/x", "/%61dmin/"):
            self.assertTrue(self.refused(path), path)

    def test_refused_with_other_words(self):
        for word in ("", "NONE", "FAILED:certificate has expired", "success", "SUCCESS,NONE", "SUCCESSFUL"):
            self.assertTrue(self.refused("/admin/", **{"X-Ssl-Client-Verify": word}), word)

    def test_let_in_with(self):
        self.assertFalse(self.refused("/admin/", **{"X-Ssl-Client-Verify": "SUCCESS"}))

    def test_other_paths_are_open(self):
        for path in ("/", "/administer", "/login", "/documents/admin", "/internals"):
            self.assertFalse(self.refused(path), path)

    @override_settings(CLIENT_CERT_PATHS=["/"])
    def test_all_paths(self):
        for path in ("/", "/login", "/static/ecs/style.css"):
            self.assertTrue(self.refused(path), path)

    @override_settings(REQUIRE_CLIENT_CERTS=False)
    def test_off(self):
        self.assertFalse(self.refused("/admin/"))

    def test_page_says_what_to_do(self):
        response = self.client.get("/admin/")
        self.assertContains(response, "client certificate", status_code=403)


@override_settings(REQUIRE_CLIENT_CERTS=True, CLIENT_CERT_PATHS=["/"])
class HealthTest(TestCase):
    def test_needs_neither_certificate_nor_host(self):
        response = self.client.get("/health", headers={"host": "nobody.invalid"})
        self.assertEqual(response.json()["status"], "ok")
