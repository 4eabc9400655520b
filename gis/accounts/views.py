"""Sign-in, and what an account's owner sees and does: thin callers."""

from typing import Any

from allauth.account.views import LoginView
from django.contrib.auth import logout, update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gis.accounts import actions, devices, lockout
from gis.accounts.adapter import locked_words
from gis.accounts.forms import PasswordForm
from gis.accounts.models import SignIn

MOST_SHOWN = 20


class DeviceLoginView(LoginView):
    """allauth's sign-in, by which a browser also gets the number it is known by again."""

    @method_decorator(sensitive_post_parameters("password"))
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer, and give the number."""
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        devices.know(request, response)
        return response


@require_safe
@never_cache
@login_required
def own_account(request: HttpRequest) -> HttpResponse:
    """One's own account: who one is, the last sign-ins, and the way out everywhere."""
    account: Any = request.user
    own = SignIn.objects.filter(account=account).exclude(outcome=SignIn.Outcome.TRYING).order_by("-pk")
    context = {"sign_ins": own[:MOST_SHOWN], "device": devices.device_of(request)}
    return render(request, "account/own.html", context)


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def own_password(request: HttpRequest) -> HttpResponse:
    """A password of one's own; wrong present ones are counted like those of the sign-in."""
    account: Any = request.user
    form = PasswordForm(request.POST or None, account=account)
    after = request.POST.get("next") or request.GET.get("next") or "/"
    if not url_has_allowed_host_and_scheme(after, allowed_hosts={request.get_host()}):
        after = "/"
    if request.method == "POST" and form.is_valid() and _present_is_right(request, form):
        actions.choose_password(account, password=form.cleaned_data["new"], now=timezone.now())
        update_session_auth_hash(request, account)
        return HttpResponseRedirect(after)
    context = {"form": form, "next": after, "first": account.must_change_password}
    return render(request, "account/password.html", context, status=422 if form.errors else 200)


@require_POST
@login_required
def everywhere(request: HttpRequest) -> HttpResponse:
    """Sign out on every device."""
    account: Any = request.user
    actions.leave_everywhere(account, now=timezone.now())
    logout(request)
    return HttpResponseRedirect("/")


def _present_is_right(request: HttpRequest, form: PasswordForm) -> bool:
    """Whether the present password was typed right; says so in the form otherwise."""
    account: Any = request.user
    attempt = lockout.begin(
        account.username,
        device=devices.device_of(request),
        agent=devices.agent_of(request),
        address=devices.address_of(request),
        now=timezone.now(),
    )
    if attempt is None:
        form.add_error("old", locked_words())
        return False
    if not account.check_password(form.cleaned_data["old"]):
        lockout.settle(attempt, SignIn.Outcome.FAILED)
        form.add_error("old", _("This is not your present password."))
        return False
    attempt.delete()  # no sign-in: it only guarded the question
    return True
