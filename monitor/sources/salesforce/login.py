"""Signing in: by a refresh token, by the app's own secret, by user and password, or with a token that is given."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import requests
from simple_salesforce.exceptions import SalesforceAuthenticationFailed
from simple_salesforce.login import SalesforceLogin

from monitor.core.secret import Secret
from monitor.errors import DataError

LOGIN = "https://login.salesforce.com"
VERSION = "62.0"
_PREFIX = "SALESFORCE_"
_ORG = re.compile(r"^(00D\w{12,15})!")
_ORG_OF_USER = re.compile(r"/id/(00D\w{12,15})/")
_OF_BROWSERS = (".lightning.force.com", ".salesforce-setup.com", ".visualforce.com")
_CODE = re.compile(r"^[A-Za-z][A-Za-z_]{2,60}$")


@dataclass(frozen=True)
class Session:
    """Where Salesforce is and what opens it. `user`: the address by which a sign-in names who it is."""

    url: str
    token: str = field(repr=False)
    user: str = ""

    @property
    def org(self) -> str:
        """What tells one organisation from another."""
        found = _ORG.match(self.token) or _ORG_OF_USER.search(self.user)
        return found[1][:15] if found else str(urlsplit(self.url).hostname)


def sign_in(given: Mapping[str, Secret], http: requests.Session, *, anew: bool = False) -> Session:
    """A session by what the environment gives; `anew` where the token at hand is refused.

    Raises DataError, never with a secret in it; requests' own errors where nobody answers.
    """
    env = {name.removeprefix(_PREFIX).lower(): secret.reveal() for name, secret in given.items()}
    url = _address(env.get("instance_url"))
    has_app, has_user = _has(env, "client_id", "client_secret"), _has(env, "username", "password")
    renewable = _has(env, "client_id", "refresh_token") or (has_app and url is not None) or has_user
    if _has(env, "access_token", "instance_url") and url and not (anew and renewable):
        if anew:
            raise DataError(
                "Salesforce refuses SALESFORCE_ACCESS_TOKEN, which has run out or was revoked: set a new one, or "
                "give the app's SALESFORCE_CLIENT_ID and SALESFORCE_CLIENT_SECRET, by which one is asked for."
            )
        return Session(url, env["access_token"])
    if _has(env, "client_id", "refresh_token"):
        wanted = {"grant_type": "refresh_token", "refresh_token": env["refresh_token"], "client_id": env["client_id"]}
        return _oauth(http, url or LOGIN, wanted | _secret(env), "SALESFORCE_REFRESH_TOKEN")
    if has_app and url:
        wanted = {"grant_type": "client_credentials", "client_id": env["client_id"]}
        return _oauth(http, url, wanted | _secret(env), "SALESFORCE_CLIENT_ID and SALESFORCE_CLIENT_SECRET")
    if has_user:
        return _soap(http, url, env)
    raise DataError(
        "Nothing opens Salesforce: set SALESFORCE_INSTANCE_URL with SALESFORCE_CLIENT_ID and SALESFORCE_CLIENT_SECRET "
        "(or SALESFORCE_ACCESS_TOKEN), or SALESFORCE_USERNAME, SALESFORCE_PASSWORD and SALESFORCE_SECURITY_TOKEN."
    )


def _has(env: Mapping[str, str], *names: str) -> bool:
    return all(env.get(name) for name in names)


def _secret(env: Mapping[str, str]) -> dict[str, str]:
    return {"client_secret": env["client_secret"]} if env.get("client_secret") else {}


def _address(given: str | None) -> str | None:
    if given is None:
        return None
    parts = urlsplit(given)
    if parts.scheme != "https" or not parts.hostname or parts.username:
        raise DataError("SALESFORCE_INSTANCE_URL has to be an address like https://acme.my.salesforce.com.")
    if parts.hostname.endswith(_OF_BROWSERS):
        raise DataError(
            "SALESFORCE_INSTANCE_URL is an address for browsers: set your My Domain, like https://acme.my.salesforce.com."
        )
    return f"https://{parts.netloc}"


def _oauth(http: requests.Session, url: str, wanted: Mapping[str, str], what: str) -> Session:
    answer = http.post(f"{url}/services/oauth2/token", data=wanted)
    if answer.status_code >= 500 or answer.status_code == 429:
        raise requests.ConnectionError(f"HTTP {answer.status_code} at the sign-in")
    try:
        said = answer.json()
    except ValueError:
        said = {}
    said = said if isinstance(said, dict) else {}
    if answer.status_code != 200 or not said.get("access_token"):
        code = _code(said.get("error"))
        raise DataError(f"Salesforce does not sign in by {what} ({code or answer.status_code}): set new ones.")
    return Session(_address(said.get("instance_url")) or url, str(said["access_token"]), str(said.get("id")))


def _soap(http: requests.Session, url: str | None, env: Mapping[str, str]) -> Session:
    try:
        token, instance = SalesforceLogin(
            username=env["username"],
            password=env["password"],
            security_token=env.get("security_token", ""),
            sf_version="59.0",  # later ones will have no sign-in by password
            session=http,
            scratch_url=url,
        )
    except SalesforceAuthenticationFailed as error:
        if isinstance(error.code, int) and error.code >= 500:
            raise requests.ConnectionError(f"HTTP {error.code} at the sign-in") from None
        code = _code(str(error.code).rpartition(":")[2])
        raise DataError(
            f"Salesforce does not sign in by SALESFORCE_USERNAME ({code or 'no reason given'}): check the password "
            "and the security token, which is a new one after each change of the password."
        ) from None
    return Session(f"https://{instance}", token)


def _code(given: object) -> str | None:
    """A code of an error, and nothing else that an answer may hold."""
    return given if isinstance(given, str) and _CODE.match(given) else None
