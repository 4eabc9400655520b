"""Sign-in, sign-out and one's own account: of allauth's pages only two are open here."""

from allauth.account.views import LogoutView
from django.urls import path

from gis.accounts import views

urlpatterns = [
    path("login/", views.DeviceLoginView.as_view(), name="account_login"),
    path("logout/", LogoutView.as_view(), name="account_logout"),
    path("me/", views.own_account, name="account_own"),
    path("password/", views.own_password, name="account_password"),
    path("everywhere/", views.everywhere, name="account_everywhere"),
]
