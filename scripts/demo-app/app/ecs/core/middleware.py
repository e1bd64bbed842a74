# SPDX-License-Identifier: MIT
from django.conf import settings
from django.db import DatabaseError, OperationalError, connection
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render


class HealthMiddleware:
    """Answers /health before anything else looks at the request.

    The healthcheck comes from inside the container, with a host name that no site allows and
    without a client certificate. A database that is away makes the site unavailable, not broken.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.path_info == "/health":
            return self.health()
        return self.get_response(request)

    @staticmethod
    def health():
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        except DatabaseError:
            return JsonResponse({"status": "no database"}, status=503)
        return JsonResponse({"status": "ok", "revision": settings.REVISION})

    @staticmethod
    def process_exception(request, exception):
        if isinstance(exception, OperationalError):
            return HttpResponse(status=503)
        return None


class ClientCertMiddleware:
    """Refuses the configured paths unless nginx says that the client certificate is good.

    A path covers itself and all beneath it: /admin covers /admin and /admin/users, not /administer.
    """

    def __init__(self, get_response):
        self.get_response = get_response
        self.prefixes = [p.strip().rstrip("/") for p in settings.CLIENT_CERT_PATHS if p.strip()]

    def __call__(self, request):
        if (
            settings.REQUIRE_CLIENT_CERTS
            and self.covers(request.path_info)
            and request.headers.get("X-Ssl-Client-Verify") != "SUCCESS"
        ):
            return render(request, "client-cert.html", status=403)
        return self.get_response(request)

    def covers(self, path):
        return any(path == prefix or path.startswith(prefix + "/") for prefix in self.prefixes)
