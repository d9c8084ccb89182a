"""All settings: from flags, from the environment (`MILANIO_…`), or their defaults."""

import ipaddress
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from web.mail import SmtpSettings, Tls


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
    database: Annotated[
        SecretStr | None,
        Field(description="sqlite:///path or postgresql://user@host/name; left out: SQLite in the data folder"),
    ] = None
    public_url: Annotated[
        str | None,
        Field(description="where people reach this server, such as https://meet.example; for links in mails"),
    ] = None
    secret: Annotated[
        SecretStr | None,
        Field(description="key that signs tokens, 32 characters or more; left out: made, and kept in the data folder"),
    ] = None
    trusted_proxies: Annotated[
        tuple[str, ...],
        NoDecode,
        Field(description="addresses or networks of reverse proxies whose X-Forwarded-For is believed"),
    ] = ()
    allowed_origins: Annotated[
        tuple[str, ...],
        NoDecode,
        Field(
            description="other sites that may use the API and the WebSocket, such as https://intranet.example (CORS)"
        ),
    ] = ()
    registration: Annotated[
        Literal["open", "closed"], Field(description="closed: only milanio user add makes accounts")
    ] = "open"
    guest_rooms: Annotated[bool, Field(description="whether people without an account may make rooms")] = True
    rate_limits: Annotated[bool, Field(description="off only for load tests")] = True
    smtp_host: Annotated[
        str | None, Field(description="mail server; left out: mails are written to the log, addresses not verified")
    ] = None
    smtp_port: Annotated[
        int | None, Field(ge=1, le=65535, description="left out: 587, 465 or 25, as smtp_tls says")
    ] = None
    smtp_tls: Annotated[Tls, Field(description="starttls, implicit or none")] = Tls.STARTTLS
    smtp_username: str | None = None
    smtp_password: SecretStr | None = None
    smtp_from: Annotated[str | None, Field(description="address that mails come from")] = None
    smtp_from_name: str = "Milanio"
    smtp_ca_file: Annotated[Path | None, Field(description="certificates to trust instead of the system's")] = None

    @property
    def database_url(self) -> str:
        """As `storage.Store` takes it."""
        if self.database is not None:
            return self.database.get_secret_value()
        return f"sqlite:///{self.data.absolute() / 'milanio.db'}"

    @property
    def smtp(self) -> SmtpSettings | None:
        """The mail server; None where there is none."""
        if self.smtp_host is None or self.smtp_from is None:
            return None
        return SmtpSettings(
            host=self.smtp_host,
            sender=self.smtp_from,
            sender_name=self.smtp_from_name,
            port=self.smtp_port,
            tls=self.smtp_tls,
            username=self.smtp_username,
            password=None if self.smtp_password is None else self.smtp_password.get_secret_value(),
            ca_file=self.smtp_ca_file,
        )

    @field_validator("announce", "trusted_proxies", "allowed_origins", mode="before")
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
