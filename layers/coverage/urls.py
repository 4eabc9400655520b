"""The page of an area to print."""

from django.urls import URLPattern, path

from layers.coverage import views

urlpatterns: list[URLPattern] = [path("coverage/<uuid:area_id>/", views.paper, name="coverage-paper")]
