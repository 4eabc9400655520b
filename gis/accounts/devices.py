"""By what a browser is known again: a signed cookie of its own, given by the sign-in page, that says nothing else."""

import ipaddress
import uuid

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.http import HttpRequest, HttpResponseBase

COOKIE = "device"
AGE_SECONDS = 400 * 24 * 3600
BROWSERS = (
    ("MicroMessenger", "WeChat"), ("DingTalk", "DingTalk"), ("Edg", "Edge"), ("Firefox", "Firefox"),
    ("Chrome", "Chrome"), ("Safari", "Safari"),
)  # fmt: skip
SYSTEMS = (
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)  # fmt: skip


def device_of(request: HttpRequest) -> str:
    """The browser's own number; empty where it has none that we gave."""
    try:
        return Signer(salt="accounts.device").unsign(request.COOKIES.get(COOKIE, ""))
    except BadSignature:
        return ""


def know(request: HttpRequest, response: HttpResponseBase) -> None:
    """Give a browser a number, where it has none."""
    if device_of(request):
        return
    response.set_cookie(
        COOKIE,
        Signer(salt="accounts.device").sign(uuid.uuid4().hex),
        max_age=AGE_SECONDS,
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
    )


def agent_of(request: HttpRequest) -> str:
    """Browser and system in two words, as their owner would name them."""
    told = request.headers.get("User-Agent", "")
    words = [next((word for sign, word in known if sign in told), "") for known in (BROWSERS, SYSTEMS)]
    return " · ".join(word for word in words if word)


def address_of(request: HttpRequest) -> str | None:
    """The network address, as our own proxy saw it where there is one; shown to its owner, never decided by."""
    told = request.META.get("REMOTE_ADDR", "")
    if settings.SECURE_PROXY_SSL_HEADER and (passed_on := request.headers.get("X-Forwarded-For")):
        told = passed_on.split(",")[-1]
    try:
        return str(ipaddress.ip_address(told.strip().partition("%")[0]))
    except ValueError:  # a socket has none, and some proxies write a port or "unknown"
        return None
