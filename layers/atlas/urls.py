"""The map page and its tiles."""

from django.urls import URLPattern, path

from layers.atlas import views

urlpatterns: list[URLPattern] = [
    path("", views.map_page, name="map"),
    path("tiles/<slug:name>/<int:z>/<int:x>/<int:y>.mvt", views.tile_view, name="tile"),
]
