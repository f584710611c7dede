"""What a reader sees when a request itself is wrong."""

from django.test import Client


def test_a_form_that_is_too_large_gets_a_sentence(db):
    response = Client().post("/sign-in/", {"username": "x" * 3_000_000, "password": "y"})
    assert response.status_code == 400
    assert "提交的内容过大" in response.content.decode()
