# SPDX-License-Identifier: MIT
from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

from ecs.documents import views

urlpatterns = [
    path("", views.documents, name="documents"),
    path("documents/<uuid:key>", views.download, name="download"),
    path("login", LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("logout", LogoutView.as_view(), name="logout"),
    path("admin/", admin.site.urls),
]
