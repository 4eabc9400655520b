"""The map page and its tiles."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
