"""All settings, their meanings and valid values. `web.config_sources` says where the values come from."""

import ipaddress
import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote, urlsplit

import idna
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator
from pydantic_core import PydanticCustomError

from signaling.limits import DEVICES_PER_PERSON, GUESTS_PER_ADDRESS
from signaling.rooms.admission import Caps
from signaling.rooms.codec_choice import VIDEO_CODECS, VideoCodec
from storage.backend import backend_of
from web.config_names import SELF_SIGNED
from web.mail import MailError, SmtpSettings, Tls, check_address, check_name
from web.mail.addresses import check_link
from web.security.csrf import normal_origin
from web.security.key_strength import MIN_BYTES, weakness
from web.security.proxies import TrustedProxies

MIN_TOKEN, MAX_TOKEN = 16, 200
"""Characters of `metrics_token`."""

HTTPS_PORT, HTTP_PORT = 443, 80
"""Ports that browsers take without being told."""

DATABASE_NAME = "milanio.db"
"""The file in the data folder, if no database is set."""


_PATH = re.compile(r"(?!/(?:api|assets)(?:/|\Z))(?:/[A-Za-z0-9_-]+)*")
"""The path of `public_url`, without the slash at its end. With one of the excluded paths, this server couldn't tell its
own addresses with the path from those without it.
"""


_NAME = re.compile(r"(?=.{1,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
"""A host name with at least two labels (RFC 1123, section 2.1)."""


_TURN = re.compile(r"turns?:(?:[A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\])(?::\d{1,5})?(?:\?transport=(?:udp|tcp))?")
"""A TURN server's address (RFC 7065)."""


class Settings(BaseModel):
    """What an operator can set."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, validate_default=True)

    host: Annotated[
        str, Field(description="address to listen on; unset, or `*`: all of this machine, IPv4 and IPv6")
    ] = ""
    port: Annotated[int, Field(ge=0, le=65535, description="TCP port of the page and the API; 0: any free one")] = 8080
    media_port: Annotated[
        int | None,
        Field(ge=0, le=65535, description="UDP port of the media relay; unset: the same number as `port`"),
    ] = None
    media_tcp_port: Annotated[
        int | None,
        Field(
            ge=0,
            le=65535,
            description="TCP port at which browsers reach the media relay where UDP is blocked; unset: that of the "
            "page, unless a proxy is in front of it; 0: none",
        ),
    ] = None
    announce: Annotated[
        tuple[str, ...],
        Field(
            description="addresses at which browsers reach the relay, best first; "
            "behind NAT, the public one; unset: those of the interfaces"
        ),
    ] = ()
    turn_urls: Annotated[
        tuple[str, ...],
        Field(
            description="TURN servers for browsers that reach the relay in no other way, such as "
            "`turn:turn.example:3478` or `turns:turn.example:443?transport=tcp`"
        ),
    ] = ()
    turn_secret: Annotated[
        SecretStr | None,
        Field(description="what the TURN servers share with this server (coturn's `static-auth-secret`)"),
    ] = None
    data: Annotated[
        Path, Field(description="folder for the key and the database; created if missing, for its owner only")
    ] = Path("data")
    media_host: Annotated[
        str | None,
        Field(
            description="address the media relay listens on; unset: the same as `host`, "
            "or all if only a proxy on this machine reaches that"
        ),
    ] = None
    database: Annotated[
        SecretStr | None,
        Field(description="`sqlite:///path` or `postgresql://user@host/name`; unset: SQLite in the data folder"),
    ] = None
    public_url: Annotated[
        str | None,
        Field(
            description="where people reach this server, such as `https://meet.example` or "
            "`https://example.org/meet`; required with `smtp_host`"
        ),
    ] = None
    domain: Annotated[
        tuple[str, ...],
        Field(
            description="names (or addresses) at which people reach this server, the main one first: it gets a "
            "certificate for them and speaks HTTPS, on port 443 unless `port` says otherwise"
        ),
    ] = ()
    acme_url: Annotated[str, Field(description="directory of the certificate authority, with `domain`")] = (
        "https://acme-v02.api.letsencrypt.org/directory"
    )
    acme_email: Annotated[
        str | None, Field(description="where the certificate authority may write to, with `domain`")
    ] = None
    http_port: Annotated[
        int | None,
        Field(
            ge=0,
            le=65535,
            description="TCP port that sends people on to HTTPS; unset: 80 with `domain`, if it can be had; 0: none",
        ),
    ] = None
    tls_certificate: Annotated[
        Path | None,
        Field(
            description="PEM file with the certificate and those of its issuers: the server then speaks HTTPS itself; "
            "`self-signed`: one made by the server, for a local network; loaded again when it changes"
        ),
    ] = None
    tls_key: Annotated[
        Path | None, Field(description="PEM file with the certificate's key; unset: it is in the same file")
    ] = None
    secret: Annotated[
        SecretStr | None,
        Field(description="key that signs tokens, 32 bytes or more; unset: generated and kept in the data folder"),
    ] = None
    trusted_proxies: Annotated[
        tuple[str, ...],
        Field(description="addresses or networks of reverse proxies whose `X-Forwarded-For` is trusted"),
    ] = ()
    allowed_origins: Annotated[
        tuple[str, ...],
        Field(
            description="other sites that may use the API and the WebSocket, such as `https://intranet.example` (CORS)"
        ),
    ] = ()
    registration: Annotated[
        Literal["open", "closed"], Field(description="`open`, or `closed`: only `milanio user add` creates accounts")
    ] = "open"
    guest_rooms: Annotated[bool, Field(description="whether people without an account can create rooms")] = True
    devices_per_person: Annotated[
        int, Field(ge=1, description="devices on which one person can be in a room at once")
    ] = DEVICES_PER_PERSON
    guests_per_address: Annotated[
        int, Field(ge=1, description="guests from one network address in a room, which a whole office may share")
    ] = GUESTS_PER_ADDRESS
    video_codecs: Annotated[
        tuple[VideoCodec, ...],
        Field(
            min_length=1,
            description="codecs of video, preferred first: `VP8`, `H264`, `VP9`, `AV1`; people send the first that "
            "everyone in the room can decode",
        ),
    ] = VIDEO_CODECS
    metrics_token: Annotated[
        SecretStr | None,
        Field(description="bearer token for `/metrics`; unset: only this machine can read them"),
    ] = None
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"],
        Field(description="`debug`, `info`, `warning` or `error`: anything less severe isn't logged"),
    ] = "info"
    log_format: Annotated[Literal["text", "json"], Field(description="`text`, or `json`: one object per line")] = "text"
    log_people: Annotated[
        bool, Field(description="whether the log has people's names and network addresses, not only ids")
    ] = False
    rate_limits: Annotated[bool, Field(description="`false` only for load tests")] = True
    smtp_host: Annotated[
        str | None,
        Field(min_length=1, description="mail server; unset: mails go to the log, and addresses aren't confirmed"),
    ] = None
    smtp_port: Annotated[
        int | None, Field(ge=1, le=65535, description="unset: 587, 465 or 25, depending on `smtp_tls`")
    ] = None
    smtp_tls: Annotated[Tls, Field(description="`starttls`, `implicit` or `none`")] = Tls.STARTTLS
    smtp_username: Annotated[str | None, Field(min_length=1, description="unset: no authentication")] = None
    smtp_password: Annotated[SecretStr | None, Field(description="password for `smtp_username`")] = None
    smtp_from: Annotated[str | None, Field(description="sender's address; required with `smtp_host`")] = None
    smtp_from_name: Annotated[str, Field(description="sender's name")] = "Milanio"
    smtp_ca_file: Annotated[
        Path | None, Field(description="certificates to trust instead of the system's, for the mail server")
    ] = None

    @property
    def database_url(self) -> str:
        """The URL for `storage.Store`."""
        if self.database is not None:
            return self.database.get_secret_value()
        return f"sqlite:///{quote(str(self.default_database))}"

    @property
    def default_database(self) -> Path:
        """The file that is used if no database is set."""
        return self.data.absolute() / DATABASE_NAME

    @property
    def relay_host(self) -> str:
        """The address that the relay listens on; empty for all. A proxy doesn't bring media to loopback addresses."""
        if self.media_host is not None:
            return self.media_host
        name = None if self.public_url is None else urlsplit(self.public_url).hostname
        public = name is not None and not is_loopback(name)
        return "" if public and is_loopback(self.host) else self.host

    def stream_port(self, own: int) -> int | None:
        """The TCP port at which browsers reach the media relay; None: none. `own`: the port it listens on.

        Behind a proxy, which would have to pass on what isn't HTTP, only one that is set.
        """
        if self.media_tcp_port is not None:
            return self.media_tcp_port or None
        if self.trusted_proxies or self.host not in ("", self.relay_host):
            return None
        parts = urlsplit(self.public_url or "")
        return parts.port or {"https": HTTPS_PORT, "http": HTTP_PORT}.get(parts.scheme.lower(), own)

    @property
    def speaks_https(self) -> bool:
        """Whether the server itself does, without a proxy."""
        return self.tls_certificate is not None or bool(self.domain)

    @property
    def self_signed(self) -> bool:
        """Whether it makes its certificate itself."""
        return self.tls_certificate == Path(SELF_SIGNED)

    @property
    def base_path(self) -> str:
        """The path of `public_url`, such as `/meet`; empty without one."""
        return "" if self.public_url is None else urlsplit(self.public_url).path.rstrip("/")

    @property
    def caps(self) -> Caps:
        """How often one person, and guests of one address, may be in a room."""
        return Caps(self.devices_per_person, self.guests_per_address) if self.rate_limits else Caps(None, None)

    @property
    def smtp(self) -> SmtpSettings | None:
        """The mail server, if one is set."""
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

    @model_validator(mode="before")
    @classmethod
    def _of_domain(cls, values: Any) -> Any:
        """What a name alone says about the others."""
        names = values.get("domain") if isinstance(values, dict) else None
        main = (
            next((part.strip() for part in names.split(",")), "")
            if isinstance(names, str)
            else next(iter(names or ()), "")
        )
        if not main:
            return values
        port = values.get("port", HTTPS_PORT)
        host = f"[{main}]" if ":" in main else main
        return {
            "port": port,
            "public_url": f"https://{host}{'' if str(port) == str(HTTPS_PORT) else f':{port}'}",
            **values,
        }

    @field_validator(
        "domain", "announce", "turn_urls", "trusted_proxies", "allowed_origins", "video_codecs", mode="before"
    )
    @classmethod
    def _split(cls, value: Any) -> Any:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("host", "media_host")
    @classmethod
    def _is_address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if value in ("", "*"):
            return ""
        if value == "localhost":
            return "127.0.0.1"
        return str(ipaddress.ip_address(value))

    @field_validator("domain")
    @classmethod
    def _are_hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_host(text) for text in value)

    @field_validator("acme_url")
    @classmethod
    def _is_secure(cls, value: str) -> str:
        if not value.startswith("https://"):
            raise ValueError("it must begin with https://")
        return value

    @field_validator("acme_email")
    @classmethod
    def _is_address_of_mail(cls, value: str | None) -> str | None:
        return None if value is None else check_address(value)

    @field_validator("announce")
    @classmethod
    def _are_addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for address in value:
            ipaddress.ip_address(address)
        return value

    @field_validator("turn_urls")
    @classmethod
    def _are_turn_servers(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for url in value:
            if not _TURN.fullmatch(url):
                raise ValueError(f"{_quoted(url)} isn't an address such as turn:turn.example:3478?transport=udp")
        return value

    @field_validator("database")
    @classmethod
    def _is_database(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            _check_database(value.get_secret_value())
        return value

    @field_validator("public_url")
    @classmethod
    def _is_site(cls, value: str | None) -> str | None:
        if value is None:
            return None
        try:
            check_link(value)
        except MailError:
            good = False
        else:
            good = not set(value) & set("?#@")
        if not good:
            raise ValueError("it must be a URL such as https://meet.example, without user name, query or fragment")
        path = urlsplit(value).path.rstrip("/")
        if not _PATH.fullmatch(path):
            raise ValueError("its path can only have letters, digits, - and _, and can't begin with /api or /assets")
        return value.rstrip("/")

    @field_validator("secret")
    @classmethod
    def _is_strong(cls, value: SecretStr | None) -> SecretStr | None:
        problem = None if value is None else weakness(value.get_secret_value())
        if problem is not None:
            raise ValueError(
                f"{problem}; generate one with openssl rand -base64 {MIN_BYTES}, "
                "or leave it unset to have one generated"
            )
        return value

    @field_validator("metrics_token")
    @classmethod
    def _is_long(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not (MIN_TOKEN <= len(value.get_secret_value()) <= MAX_TOKEN):
            raise ValueError(
                f"it must have {MIN_TOKEN} to {MAX_TOKEN} characters; generate one with openssl rand -hex 16"
            )
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        TrustedProxies(value)
        return value

    @field_validator("allowed_origins")
    @classmethod
    def _are_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        origins = [normal_origin(text) for text in value]
        for number, origin in enumerate(origins, 1):
            if origin is None:
                # Not the text itself, which may be an address with a password in it.
                raise ValueError(f"number {number} isn't an origin such as https://intranet.example, without a path")
        return tuple(origin for origin in origins if origin is not None)

    @field_validator("smtp_from")
    @classmethod
    def _is_mail_address(cls, value: str | None) -> str | None:
        return None if value is None else check_address(value)

    @field_validator("smtp_from_name")
    @classmethod
    def _is_name(cls, value: str) -> str:
        return check_name(value)

    @field_validator("smtp_ca_file")
    @classmethod
    def _is_file(cls, value: Path | None) -> Path | None:
        if value is not None and not os.access(value, os.R_OK):
            raise ValueError(f"the file {value} can't be read")
        return value

    @model_validator(mode="after")
    def _go_together(self) -> "Settings":
        if self.tls_key is not None and (self.tls_certificate is None or self.self_signed):
            raise _problem("tls_key", "only with the file tls_certificate, whose key it is")
        if self.speaks_https and self.public_url is not None and not self.public_url.lower().startswith("https:"):
            raise _problem("public_url", "with domain or tls_certificate, it must begin with https://")
        if self.domain and self.tls_certificate is not None:
            raise _problem("tls_certificate", "not with domain, for which the server gets a certificate itself")
        if self.turn_urls and self.turn_secret is None:
            raise _problem("turn_secret", "required with turn_urls: the TURN servers let nobody in without")
        if self.turn_secret is not None and not self.turn_urls:
            raise _problem("turn_urls", "required with turn_secret: it is theirs")
        if self.smtp_host is not None and self.smtp_from is None:
            raise _problem("smtp_from", "required with smtp_host: mail needs a sender")
        if self.smtp_host is not None and self.public_url is None:
            # Otherwise someone who has a mail sent to another person could choose the host that its links lead to.
            raise _problem("public_url", "required with smtp_host, for the links in mails")
        try:
            _ = self.smtp
        except ValueError as error:
            raise _problem("smtp_password", str(error)) from None
        return self


def _host(text: str) -> str:
    """Check a name or address that a certificate can be for, and return it as certificates have it."""
    try:
        return str(ipaddress.ip_address(text.strip("[]")))
    except ValueError:
        pass
    try:
        name = idna.encode(text, uts46=True).decode().lower()
    except idna.IDNAError:
        name = ""
    if "." not in name or not _NAME.fullmatch(name):
        raise ValueError(f"{_quoted(text)} isn't a name such as meet.example, without scheme, port and wildcard")
    return name


def _quoted(text: str) -> str:
    return repr(text[:80])


def is_loopback(host: str) -> bool:
    """Whether a host, given by name or address, can only be reached from this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _problem(setting: str, text: str) -> PydanticCustomError:
    """Describe a problem between several settings, naming the one to change."""
    return PydanticCustomError("together", "{text}", {"setting": setting, "text": text})


def _check_database(url: str) -> None:
    """Raise `ValueError` if this isn't a database URL. The error doesn't quote it, since it may contain a password."""
    try:
        backend_of(url, 1)
        parameters = {} if url.startswith("sqlite:") else conninfo_to_dict(url)
    except (ValueError, ProgrammingError):
        raise ValueError("it must be a URL such as sqlite:///path or postgresql://user@host/name") from None
    # A password with such a character is parsed as other parts, and would appear in the error of a failed connection.
    ports = str(parameters.get("port") or "0").split(",")
    names = [str(parameters.get(part) or "") for part in ("host", "dbname")]
    if not all(port.isdecimal() for port in ports) or any("@" in name for name in names) or "/" in names[1]:
        raise ValueError("it can't be parsed; in a password, write %40 for @, %2F for /, %3A for :")
