"""Signing in, in a real browser, with a real OpenID provider on loopback: npm's oidc-provider."""

import os
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from space_config.servers import Servers, free_port
from tests.browser.conftest import OpenPage, check_look, screenshot
from tests.hub_fixtures import RunningHub
from tests.space_fixtures import PROJECT, RunningSpace, running_space, space_environment

PACKAGE = "oidc-provider@9.13.3"
PACKAGES = PROJECT / ".cache" / "oidc-provider"
SCRIPT = Path(__file__).parent / "openid_provider.mjs"
CLIENT = {"client_id": "worth-tuning", "client_secret": "a-secret-of-the-test"}
LIMIT_MS = 60_000
COOKIE = "_streamlit_user"


def installed_package() -> Path:
    """The folder with the provider's package, installed on first use; else skip, and say why."""
    message = "npm and node are not here: the sign-in tests are skipped"
    if shutil.which("npm") and shutil.which("node"):
        if (PACKAGES / "node_modules" / "oidc-provider").is_dir():
            return PACKAGES
        PACKAGES.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--prefix", str(PACKAGES), "--no-audit", "--no-fund", PACKAGE]
        done = subprocess.run(command, capture_output=True, text=True, timeout=240)
        if done.returncode == 0:
            return PACKAGES
        message = f"npm cannot install {PACKAGE}: {done.stderr[-300:]}"
    if os.environ.get("CI") == "true":
        pytest.fail(f"{message}, and CI=true asks for them")
    pytest.skip(message)


@dataclass(frozen=True)
class SignedSpace:
    """A Space with sign-in, and the provider that it asks."""

    space: RunningSpace
    provider_url: str

    @property
    def url(self) -> str:
        return self.space.url


@pytest.fixture(scope="module")
def signed_space(
    hub_server: RunningHub, tiny_catalogue: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SignedSpace]:
    """A Space as the Hub starts it with hf_oauth: OAUTH_* variables, no secrets file."""
    folder = tmp_path_factory.mktemp("signed")
    port, provider_port = free_port(), free_port()
    provider_url = f"http://127.0.0.1:{provider_port}"
    environment = {
        **space_environment(tiny_catalogue, folder / "home", hub_server.endpoint),
        "SPACE_HOST": f"127.0.0.1:{port}",
        "OAUTH_CLIENT_ID": CLIENT["client_id"],
        "OAUTH_CLIENT_SECRET": CLIENT["client_secret"],
        "OPENID_PROVIDER_URL": provider_url,
        "SPACE_OWNERS": "ada",
        "SPACE_LOCAL_OWNER": "1",  # must mean nothing where people can sign in
    }
    with (
        provider(folder, provider_port, port),
        running_space(environment, folder / "space.log", port=port) as space,
    ):
        yield SignedSpace(space, provider_url)


@contextmanager
def provider(folder: Path, port: int, space_port: int) -> Iterator[None]:
    callback = f"http://127.0.0.1:{space_port}/oauth2callback"
    command = ["node", str(SCRIPT), str(installed_package()), str(port), callback]
    discovery = f"http://127.0.0.1:{port}/.well-known/openid-configuration"
    with Servers(folder / "provider") as servers:
        servers.start("provider", command, discovery, os.environ)
        yield


def account(page: Page) -> Page:
    page.get_by_role("heading", name="Your account").wait_for(timeout=LIMIT_MS)
    return page


def sign_in(page: Page, login: str, button: str = "Sign in with Hugging Face") -> Page:
    """The way of a person: our button, the provider's two forms, back here."""
    account(page).get_by_role("button", name=button).click()
    page.locator("input[name=login]").fill(login, timeout=LIMIT_MS)
    page.locator("input[name=password]").fill("anything")
    page.locator("button[type=submit]").click()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("heading", name="Was fine‑tuning worth it?").wait_for(timeout=LIMIT_MS)
    return page


def pages_listed(page: Page) -> set[str]:
    """The names of all pages in the menu."""
    return set(page.get_by_role("link").all_inner_texts())


def test_a_person_signs_in_and_out(open_page: OpenPage, signed_space: SignedSpace):
    page = sign_in(open_page(f"{signed_space.url}/account"), "grace")
    cookie = next(one for one in page.context.cookies() if one["name"] == COOKIE)
    assert cookie["httpOnly"] and cookie["sameSite"] == "Lax", cookie
    page.goto(f"{signed_space.url}/account")
    expect(account(page).get_by_text("Signed in as grace")).to_be_visible(timeout=LIMIT_MS)
    expect(page.get_by_text("A visitor of this Space.")).to_be_visible()
    screenshot(page, "account-signed-in")
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Yes, sign me out").click(timeout=LIMIT_MS)
    page.get_by_role("heading", name="Was fine‑tuning worth it?").wait_for(timeout=LIMIT_MS)
    assert COOKIE not in {one["name"] for one in page.context.cookies()}
    page.goto(f"{signed_space.url}/account")
    expect(account(page).get_by_role("button", name="Sign in with")).to_be_visible()


def test_only_the_named_owner_is_the_owner(open_page: OpenPage, signed_space: SignedSpace):
    for login, role in (("ada", "You own this Space"), ("Ada", "A visitor of this Space")):
        page = sign_in(open_page(f"{signed_space.url}/account"), login)
        page.goto(f"{signed_space.url}/account")
        expect(account(page).get_by_text(role)).to_be_visible(timeout=LIMIT_MS)


def test_nobody_is_the_owner_without_signing_in(open_page: OpenPage, signed_space: SignedSpace):
    page = account(open_page(f"{signed_space.url}/account"))
    assert "Training" not in page.content()


def test_a_cookie_that_was_changed_or_made_for_another_address_signs_nobody_in(
    open_page: OpenPage, signed_space: SignedSpace
):
    page = sign_in(open_page(f"{signed_space.url}/account"), "ada")
    cookie = next(one for one in page.context.cookies() if one["name"] == COOKIE)
    changed = cookie["value"][:-2] + ("AA" if cookie["value"][-2:] != "AA" else "BB")
    elsewhere = signed_space.url.replace("127.0.0.1", "localhost")
    for url, value in ((signed_space.url, changed), (elsewhere, cookie["value"])):
        other = open_page("about:blank")
        other.context.add_cookies([{"name": COOKIE, "value": value, "url": url}])
        other.goto(f"{url}/account")
        expect(account(other).get_by_role("button", name="Sign in with")).to_be_visible()


def test_an_answer_that_nobody_asked_for_signs_nobody_in(signed_space: SignedSpace):
    request = urllib.request.Request(f"{signed_space.url}/oauth2callback?code=x&state=y")
    opener = urllib.request.build_opener(_StayHere)
    with pytest.raises(urllib.error.HTTPError) as caught:
        opener.open(request, timeout=30)
    assert caught.value.code == 302
    assert COOKIE not in str(caught.value.headers)


class _StayHere(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def test_it_reads_well_at_every_width_and_in_both_modes(
    open_page: OpenPage, signed_space: SignedSpace
):
    page = account(open_page(f"{signed_space.url}/account", color_scheme="dark"))
    check_look(page, "account")


def test_any_provider_of_a_secrets_file_works_and_knows_its_owner_by_verified_address(
    open_page: OpenPage,
    hub_server: RunningHub,
    tiny_catalogue: Path,
    tmp_path: Path,
):
    port, provider_port = free_port(), free_port()
    secrets = tmp_path / "secrets.toml"
    secrets.write_text(
        f"""[auth]
redirect_uri = "http://127.0.0.1:{port}/oauth2callback"
cookie_secret = "only for this test, of this machine"
client_id = "{CLIENT["client_id"]}"
client_secret = "{CLIENT["client_secret"]}"
server_metadata_url = "http://127.0.0.1:{provider_port}/.well-known/openid-configuration"
client_kwargs = {{ scope = "openid email profile", prompt = "login" }}
""",
        "utf-8",
    )
    environment = {
        **space_environment(tiny_catalogue, tmp_path / "home", hub_server.endpoint),
        "STREAMLIT_SECRETS_FILES": str(secrets),
        "SPACE_OWNERS": "grace, default:ada@example.org",
    }
    with (
        provider(tmp_path, provider_port, port),
        running_space(environment, tmp_path / "space.log", port=port) as space,
    ):
        # Whoever calls himself grace at a provider that lets people choose is not the Hub's grace.
        for login, role in (("ada", "You own this Space"), ("grace", "A visitor of this Space")):
            page = sign_in(open_page(f"{space.url}/account"), login, button="Sign in")
            page.goto(f"{space.url}/account")
            expect(account(page).get_by_text(role)).to_be_visible(timeout=LIMIT_MS)
