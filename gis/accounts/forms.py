"""The form for a password of one's own."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from gis.accounts.models import Account


class PasswordForm(forms.Form):
    """The present password, and twice the new one. Whether the present one is right is asked by the view."""

    old = forms.CharField(strip=False)
    new = forms.CharField(strip=False)
    again = forms.CharField(strip=False)

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        """For one account."""
        super().__init__(*args, **kwargs)
        self.account = account

    def clean_new(self) -> str:
        """By the rules of the settings, and another one than before."""
        new: str = self.cleaned_data["new"]
        if new == self.cleaned_data.get("old"):
            raise ValidationError(_("This is the password you have. Choose another one."))
        validate_password(new, self.account)
        return new

    def clean(self) -> dict[str, Any]:
        """Twice the same."""
        told: dict[str, Any] = super().clean() or {}
        if told.get("new") and told.get("again") and told["new"] != told["again"]:
            self.add_error("again", _("This differs from the one above."))
        return told
