"""All settings: from flags, from the environment (`MILANIO_…`), or their defaults."""

import ipaddress
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class ConfigError(ValueError):
    """A setting that can't be used; `args[0]` is one line for the operator."""


class Settings(BaseSettings):
    """What an operator can set."""

    model_config = SettingsConfigDict(env_prefix="MILANIO_", extra="forbid", frozen=True)

    host: Annotated[str, Field(description="address to listen on; empty: all")] = ""
    port: Annotated[int, Field(ge=0, le=65535, description="TCP port of the page and the API; 0: any free one")] = 8080
    media_port: Annotated[
        int | None, Field(ge=0, le=65535, description="UDP port of the relay; left out: the number of `port`")
    ] = None
    announce: Annotated[
        tuple[str, ...],
        NoDecode,
        Field(description="addresses of the relay for browsers, best first, separated by commas; left out: detected"),
    ] = ()
    data: Annotated[Path, Field(description="folder for keys and data; made where it is missing")] = Path("data")

    @field_validator("announce", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("announce")
    @classmethod
    def _are_addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for address in value:
            ipaddress.ip_address(address)
        return value

    @field_validator("host")
    @classmethod
    def _is_address(cls, value: str) -> str:
        if value in ("", "*"):
            return ""
        if value == "localhost":
            return "127.0.0.1"
        return str(ipaddress.ip_address(value))


def load(**flags: Any) -> Settings:
    """Settings from the environment, with flags that are not None on top. Raises `ConfigError`."""
    try:
        return Settings(**{name: value for name, value in flags.items() if value is not None})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = ".".join(str(part) for part in first["loc"])
        raise ConfigError(f"setting {name}: {first['msg']} (got {first['input']!r})") from None
