"""What the API's handlers work with: everything that lives as long as the server."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from aiohttp import web

from sfu.net.server import MediaServer
from signaling.session import SignalingServer
from storage.store import Store
from web.avatars import AvatarMaker
from web.calls import Calls
from web.config import Settings
from web.connections import Connections
from web.doctor.latest import LatestFindings
from web.first_administrator import FirstAdministrator
from web.loop_lag import LoopLag
from web.mail import MailWorker
from web.readiness import Readiness
from web.recent_problems import RecentProblems
from web.security.access_token import AccessTokens
from web.security.csrf import OriginCheck
from web.security.devices import Devices
from web.security.hosts import OwnHosts
from web.security.passwords import PasswordHasher
from web.security.proxies import TrustedProxies
from web.security.rate_limits import RateLimits
from web.tls.serving import Tls
from web.traffic import Traffic


@dataclass(frozen=True, slots=True)
class Services:
    """All services of a server, made by `web.app`."""

    settings: Settings
    store: Store
    media: MediaServer
    signaling: SignalingServer
    calls: Calls
    """Live rooms, and their connection with the store."""
    passwords: PasswordHasher
    access_tokens: AccessTokens
    load_test_key: bytes
    """Signs the tokens of `milanio loadtest-token`."""
    link_key: bytes
    """Signs the tokens of personal links."""
    devices: Devices
    """Recognises browsers in which someone has logged in before."""
    limits: RateLimits
    proxies: TrustedProxies
    origins: OriginCheck
    hosts: OwnHosts
    """The names of this server, for links."""
    connections: Connections
    readiness: Readiness
    lag: LoopLag
    tls: Tls | None
    """The server's own certificate; None: it doesn't speak HTTPS itself."""
    mail: MailWorker
    """Has to be woken after a mail was queued in `store.mail`."""
    traffic: Traffic
    findings: LatestFindings
    """Of `milanio doctor`."""
    first_administrator: FirstAdministrator
    problems: RecentProblems = field(default_factory=RecentProblems)
    avatars: AvatarMaker = field(default_factory=AvatarMaker)
    started_at: float = field(default_factory=time.time)
    """Seconds since 1970."""
    clock: Callable[[], float] = time.time
    """Seconds since 1970."""


SERVICES = web.AppKey("services", Services)
