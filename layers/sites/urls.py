"""The page of a site, to print or to send on."""

from django.urls import URLPattern, path

from layers.sites import views

urlpatterns: list[URLPattern] = [path("sites/<uuid:site_id>/", views.site_page, name="site-page")]
