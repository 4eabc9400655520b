"""Statements that stay planned go on answering when a table is altered under a server that runs."""

import pytest
from django.db import connection

from gis.shared import prepared


@pytest.mark.django_db(transaction=True)
def test_a_column_of_another_type_is_planned_anew():
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE altered (one int, two int); INSERT INTO altered VALUES (1, 2)")
    try:
        asked = "SELECT one FROM altered WHERE two = %s::int"
        assert {tuple(prepared.rows(asked, [2])) for _look in range(prepared.AFTER + 2)} == {((1,),)}
        another = connection.copy()
        try:
            with another.cursor() as cursor:
                cursor.execute("ALTER TABLE altered ALTER COLUMN one TYPE bigint")
        finally:
            another.close()
        assert prepared.rows(asked, [2]) == [(1,)]
        assert prepared.rows(asked, [2]) == [(1,)]
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE altered")
