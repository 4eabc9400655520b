"""How allauth signs people in here."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):
    """Nobody signs up: accounts are made by those who appoint."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Closed."""
        return False
