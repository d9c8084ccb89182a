import json
from typing import Any

import pytest
from pydantic import ValidationError

from web.api.auth import NewPasswordByToken, Registration
from web.api.users import ProfileChanges

GOOD = {"email": "ada@example.org", "name": "Ada", "password": "correct horse"}


def problems(**changes: Any) -> dict[str, str]:
    try:
        Registration.model_validate_json(json.dumps({**GOOD, **changes}))
    except ValidationError as error:
        return {str(each["loc"][0]): each["msg"] for each in error.errors()}
    return {}


@pytest.mark.parametrize(
    ("field", "value", "kept"),
    [
        ("email", " Ada@EXAMPLE.org ", "Ada@example.org"),
        ("email", "ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("name", "  Zoë Ångström 🐎 ", "Zoë Ångström 🐎"),
        ("name", "x" * 64, "x" * 64),
        ("name", "A\r\nBcc: eve@example.org", "A Bcc: eve@example.org"),
        ("name", "Ada\u202e\tgpj (host)", "Ada gpj"),
    ],
)
def test_what_is_accepted(field: str, value: str, kept: str) -> None:
    body = Registration.model_validate_json(json.dumps({**GOOD, field: value}))
    assert getattr(body, field) == kept


@pytest.mark.parametrize("password", ["correct horse", "ü" * 36, "x" * 72, "  spaces count  ", "{braces} %s $x"])
def test_passwords_that_are_accepted_are_kept_as_they_are(password: str) -> None:
    body = NewPasswordByToken.model_validate_json(json.dumps({"token": "x", "password": password}))
    assert body.password.get_secret_value() == password
    assert password not in repr(body)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("email", "", "n't a valid email address"),
        ("email", "ada", "n't a valid email address"),
        ("email", "ada@example.org\r\nBcc: eve@example.org", "n't a valid email address"),
        ("email", "ada@example.org\n", "n't a valid email address"),
        ("email", "a" * 250 + "@example.org", "n't a valid email address"),
        ("email", None, "valid string"),
        ("name", "", "Enter a name"),
        ("name", "   ", "Enter a name"),
        ("name", "\u3000", "Enter a name"),
        ("name", "\u200b\u3164", "Enter a name"),
        ("name", "(host)", "Enter a name"),
        ("name", "https://evil.example", "links"),
        ("name", "x" * 65, "longer than 64"),
        ("name", 5, "valid string"),
        ("password", "", "at least 8"),
        ("password", "short", "at least 8"),
        ("password", "x" * 73, "72 bytes"),
        ("password", "ü" * 37, "72 bytes"),
        ("password", "😀" * 19, "72 bytes"),
        ("password", "nul\0inside", "control"),
        ("password", "Password123", "most common"),
        ("password", ["correct horse"], "valid string"),
    ],
)
def test_what_is_refused_and_why(field: str, value: Any, words: str) -> None:
    found = problems(**{field: value})
    assert list(found) == [field]
    assert words in found[field]


def test_a_refused_password_is_in_no_error() -> None:
    with pytest.raises(ValidationError) as caught:
        Registration.model_validate_json(json.dumps({**GOOD, "password": "kanarie"}))
    assert "kanarie" not in str(caught.value).lower()
    assert "kanarie" not in str(caught.value.errors(include_input=False))


@pytest.mark.parametrize("colour", ["#12345", "#1234567", "red", "#12345g", "#123456\n", "", "#١٢٣٤٥٦"])
def test_colours_that_are_none(colour: str) -> None:
    with pytest.raises(ValidationError):
        ProfileChanges.model_validate_json(json.dumps({"avatar_colour": colour}))


def test_colours_are_written_small() -> None:
    assert ProfileChanges.model_validate_json('{"avatar_colour": "#ABCdef"}').avatar_colour == "#abcdef"
