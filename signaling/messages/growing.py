"""Enumerations to which later versions of the protocol may add values."""

from typing import Any, get_args

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

FROM_A_SERVER = "from a server"
"""The validation context in which unknown values are accepted."""


class Growing:
    """Annotates a `Literal`: requests must have a known value; a client accepts any text from its server.

    Known values are compared without a call into Python, so that this costs next to nothing.
    """

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """The literal; for messages from a server, any text."""
        return core_schema.union_schema(
            [handler(source), core_schema.with_info_plain_validator_function(_text_of_a_server)],
            mode="left_to_right",
            custom_error_type="literal_error",
            custom_error_context={"expected": " or ".join(map(repr, get_args(source)))},
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """The known values."""
        assert schema["type"] == "union"
        return handler(schema["choices"][0])


def _text_of_a_server(value: Any, info: ValidationInfo) -> str:
    if info.context != FROM_A_SERVER or not isinstance(value, str):
        raise ValueError
    return value
