"""Fields that people fill in: each kind has a check, and a sentence for the person who entered something invalid."""

import re
from collections.abc import Callable
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, Field, SecretStr
from pydantic_core import PydanticCustomError

from signaling.names import MAX_NAME, NameRefusedError, accept_name
from web.mail import MailError, check_address
from web.mail.addresses import MAX_ADDRESS
from web.security.passwords import MAX_BYTES, MIN_CHARACTERS, check_password

T = TypeVar("T")

MAX_SECRET = 1024
"""Characters of a password or token that is only compared; no valid one is that long."""


def _refuse(text: str) -> PydanticCustomError:
    # Passed as a value: braces in the text itself would be taken for format fields.
    return PydanticCustomError("refused", "{text}", {"text": text})


def _checked(check: Callable[[T], T]) -> Callable[[T], T]:
    def validate(value: T) -> T:
        try:
            return check(value)
        except MailError as error:
            raise _refuse(str(error)) from None

    return validate


def _address(text: str) -> str:
    # Only spaces: they slip in when an address is pasted, while line breaks don't.
    return check_address(text.strip(" "))


def _name(text: str) -> str:
    try:
        return accept_name(text)
    except NameRefusedError as error:
        raise _refuse(str(error)) from None


def _password(secret: SecretStr) -> SecretStr:
    problem = check_password(secret.get_secret_value())
    if problem is not None:
        raise _refuse(problem)
    return secret


def _colour(text: str) -> str:
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", text):
        raise _refuse("Enter a colour as #rrggbb.")
    return text.lower()


Address = Annotated[
    str,
    AfterValidator(_checked(_address)),
    Field(description="email address", json_schema_extra={"format": "email", "maxLength": MAX_ADDRESS}),
]
"""An email address; its domain in lower case."""

Name = Annotated[
    str,
    AfterValidator(_name),
    Field(description="as others see it", json_schema_extra={"minLength": 1, "maxLength": MAX_NAME}),
]

NewPassword = Annotated[
    SecretStr,
    AfterValidator(_password),
    Field(
        description=f"at least {MIN_CHARACTERS} characters, at most {MAX_BYTES} bytes, none of the most common ones",
        json_schema_extra={"minLength": MIN_CHARACTERS, "maxLength": MAX_BYTES},
    ),
]

Password = Annotated[SecretStr, Field(max_length=MAX_SECRET, description="the current password")]

Token = Annotated[SecretStr, Field(max_length=MAX_SECRET)]

Colour = Annotated[
    str, AfterValidator(_colour), Field(json_schema_extra={"pattern": "^#[0-9a-fA-F]{6}$"}, description="as #rrggbb")
]

Theme = Literal["system", "light", "dark"]
