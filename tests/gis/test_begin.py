"""No test inherits from another: each begins in the language and the time zone of the place."""

import pytest
from django.utils import timezone, translation


@pytest.mark.parametrize("turn", [1, 2])
def test_what_a_request_leaves_in_the_thread_reaches_no_other_test(turn, settings):
    assert translation.get_language() == settings.LANGUAGE_CODE
    assert timezone.get_current_timezone_name() == settings.TIME_ZONE
    translation.activate("en")
    timezone.activate("America/New_York")
