"""Every address of the site."""

from django.urls import include, path
from django.views.i18n import JavaScriptCatalog

from gis.api import api

handler403 = "gis.shared.responses.refused"
handler404 = "gis.shared.responses.missing"
handler500 = "gis.shared.outage.failed"

urlpatterns = [
    path("api/", api.urls),
    path("accounts/", include("gis.accounts.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("jsi18n/", JavaScriptCatalog.as_view(), name="javascript-catalog"),
    path("", include("layers.sites.urls")),
    path("", include("layers.coverage.urls")),
    path("", include("layers.atlas.urls")),
]
