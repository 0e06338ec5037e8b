"""Who is here: sign-in, the owner, and the limits of a visitor. Nobody must sign in for the demo.

Not a page. Owns the way from a signed cookie to a person and to what that person may do; both are
asked again at every action, on the server. The providers come from .streamlit/secrets.toml, or from
a Space's OAUTH_* variables by secrets().

    auth.count_request()       before something that costs time; raises LimitReached
    auth.require_owner()       before something that only the owner may do; raises NotTheOwner
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from app_pages.shared import widgets
from inference.api.rate_limit import visitor_address
from inference.core.errors import NotTheOwner
from inference.core.settings import SignIn

HUGGING_FACE = "huggingface"
_DEFAULT = "default"
_LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]", "::1")

# What st.App takes as secrets, two levels deep.
Secrets = dict[str, dict[str, str | dict[str, str | dict[str, str]]]]


@dataclass(frozen=True)
class Person:
    """Somebody who has signed in.

    subject: the provider's lasting name of the account; user_name: what the Hub calls it, None at
        other providers, where anybody may choose any; email: None unless the provider verified it.
    """

    provider: str
    subject: str
    user_name: str | None = None
    email: str | None = None

    @property
    def name(self) -> str:
        """What to call this person."""
        return self.user_name or self.email or self.subject

    @property
    def owner_names(self) -> frozenset[str]:
        """The entries of SPACE_OWNERS that mean this person."""
        names = {f"{self.provider}:{name}" for name in (self.subject, self.email) if name}
        return frozenset(names | ({self.user_name} if self.user_name else set()))


def secrets(sign_in: SignIn | None) -> Secrets | None:
    """What st.App must know for "Sign in with Hugging Face"; None leaves it to secrets.toml."""
    if sign_in is None:
        return None
    secret = sign_in.client_secret.reveal()
    provider: dict[str, str | dict[str, str]] = {
        "client_id": sign_in.client_id,
        "client_secret": secret,
        "server_metadata_url": f"{sign_in.provider_url}/.well-known/openid-configuration",
        # Not Streamlit's default: a Space is granted no e-mail address unless it asks for it, and
        # prompt=select_account is refused by providers that do not know it; "" leaves it out.
        "client_kwargs": {"scope": "openid profile", "prompt": ""},
    }
    return {
        "auth": {
            "redirect_uri": f"{sign_in.address}/oauth2callback",
            "cookie_secret": hmac.new(secret.encode(), b"session cookie", "sha256").hexdigest(),
            HUGGING_FACE: provider,
        }
    }


def providers() -> tuple[str, ...]:
    """The names of the OpenID providers that are set up; () where nobody can sign in."""
    if "is_logged_in" not in st.user:  # the key is there exactly where secrets have [auth]
        return ()
    auth = st.secrets["auth"]
    sections = [(name, value) for name, value in auth.items() if isinstance(value, Mapping)]
    named = [name for name, section in sections if "client_id" in section]  # not client_kwargs
    return ((_DEFAULT,) if "client_id" in auth else ()) + tuple(named)


def provider_title(provider: str) -> str:
    """What a provider is called on a button; empty for one without a name."""
    known = {HUGGING_FACE: "Hugging Face", _DEFAULT: ""}
    return known.get(provider, provider.replace("-", " ").title())


def person() -> Person | None:
    """Who has signed in, or None."""
    if not st.user.get("is_logged_in"):
        return None
    claims = st.user.to_dict()
    provider = str(claims.get("provider") or _DEFAULT)
    user_name, email = claims.get("preferred_username"), claims.get("email")
    return Person(
        provider=provider,
        subject=str(claims["sub"]),
        user_name=str(user_name) if user_name and provider == HUGGING_FACE else None,
        email=str(email) if email and claims.get("email_verified") is True else None,
    )


def is_owner() -> bool:
    """Is this visitor one of SPACE_OWNERS, or, with SPACE_LOCAL_OWNER=1, on this machine?"""
    settings = widgets.settings()
    if (somebody := person()) is not None:
        return not somebody.owner_names.isdisjoint(settings.owners)
    return settings.is_local_owner and not providers() and _is_on_this_machine()


def require_owner() -> None:
    """Let only the owner go on; call it at each action, as a button may be pressed by anybody.

    Raises:
        NotTheOwner: the visitor is somebody else.
    """
    if not is_owner():
        raise NotTheOwner(
            "Only the owner of this Space may do that. Sign in with an account that the variable "
            "SPACE_OWNERS names."
        )


def count_request(cost: int = 1) -> None:
    """Count a request of this visitor, before the work is done.

    Raises:
        LimitReached: too many in the last minute; nothing was counted.
    """
    widgets.rate_limit().spend(visitor(), cost)


def requests_left() -> int:
    """Requests that this visitor may make now."""
    return widgets.rate_limit().left(visitor())


def limit_note() -> str:
    """The limit of requests in words, to be shown before it bites."""
    per_minute = widgets.rate_limit().per_minute
    return f"{requests_left()} of {per_minute} requests left this minute"


def visitor() -> str:
    """Whose requests are counted: the person's, else that of the address that the visitor has."""
    if (somebody := person()) is not None:
        return f"{somebody.provider}:{somebody.subject}"
    return visitor_address(st.context.ip_address, st.context.headers.get("X-Forwarded-For"))


def _is_on_this_machine() -> bool:
    """Does the server listen on loopback only, asked by a browser that calls it by such a name?"""
    host = (st.context.headers.get("Host") or "").rsplit(":", 1)[0]
    return (
        st.get_option("server.address") in _LOOPBACK_NAMES
        and st.context.ip_address is None
        and host in _LOOPBACK_NAMES
        and "X-Forwarded-For" not in st.context.headers
    )
