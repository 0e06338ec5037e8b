"""The image and compose.yaml as text: what a Space needs of them, without a container engine.

Their commands are run in tests/space_config/test_deploy.py.
"""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
CONFIG = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))


def instructions(name: str) -> list[str]:
    joined = DOCKERFILE.replace("\\\n", " ")
    return [line.split(maxsplit=1)[1] for line in joined.splitlines() if line.startswith(name)]


def test_the_base_image_is_named_by_a_version():
    (base,) = instructions("FROM")
    assert re.fullmatch(r"python:3\.11[\w.-]*", base) and "latest" not in base, base


def test_it_runs_as_user_1000():
    assert "--uid 1000 user" in DOCKERFILE
    assert instructions("USER") == ["user"]
    assert all("--chown=user" in line for line in instructions("COPY")), instructions("COPY")


def test_nothing_runs_as_root_but_the_making_of_the_user():
    runs = DOCKERFILE.split("USER user")[0]
    assert re.findall(r"^RUN .*", runs, re.MULTILINE) == [
        "RUN useradd --create-home --uid 1000 user"
    ]
    assert not re.search(r"chown -R|sudo|chmod 777", DOCKERFILE)


def test_a_model_is_baked_by_its_commit_before_the_pages_are_copied():
    (bake,) = [line for line in instructions("RUN") if "space_config.bake" in line]
    assert '"$MODEL_ID" --revision "$MODEL_REVISION"' in bake
    assert DOCKERFILE.index("space_config.bake") < DOCKERFILE.index("COPY --chown=user . .")
    assert "id=HF_TOKEN" in bake, "a private model is fetched with a secret, never with an ARG"
    assert not re.search(r"^(ARG|ENV).*TOKEN\w*=\S*hf_", DOCKERFILE, re.MULTILINE)


def test_requirements_are_installed_before_the_code_is_copied():
    lines = DOCKERFILE.splitlines()
    order = [
        next(i for i, line in enumerate(lines) if line.startswith(start))
        for start in (
            "COPY --chown=user requirements.txt",
            "RUN pip install",
            "COPY --chown=user .",
        )
    ]
    assert order == sorted(order)


def test_the_command_serves_what_the_repository_holds_on_the_exposed_port():
    (command,) = instructions("CMD")
    assert '"server.py"' in command and (ROOT / "server.py").is_file()
    assert '"--server.port=8501"' in command and '"--server.address=0.0.0.0"' in command
    assert instructions("EXPOSE") == ["8501"]


def test_comments_stand_on_lines_of_their_own():
    assert not re.search(r"^[^#\n].*[ \t]#[ \t]", DOCKERFILE, re.MULTILINE)


def test_no_package_registry_is_named():
    assert not re.search(r"https?://(?!127\.0\.0\.1|localhost)", DOCKERFILE)


@pytest.mark.parametrize(
    "name", ["tests", "training", "docs", ".git", ".venv", ".streamlit/secrets.toml"]
)
def test_the_image_leaves_out(name):
    assert name in (ROOT / ".dockerignore").read_text("utf-8").splitlines()


def test_nothing_the_pages_import_is_left_out():
    left_out = set((ROOT / ".dockerignore").read_text("utf-8").splitlines())
    assert not left_out & {"app.py", "server.py", "app_pages", "inference", "hub", "space_config"}


def test_the_iframe_of_a_space_can_upload_and_no_telemetry_leaves():
    assert CONFIG["server"]["enableXsrfProtection"] is False
    assert CONFIG["browser"]["gatherUsageStats"] is False
    assert "STREAMLIT_SERVER_XSRF_COOKIE_SAME_SITE=none" in DOCKERFILE


def test_compose_joins_the_space_and_a_hub_that_only_listens_on_loopback():
    hub, app = COMPOSE["services"]["hub"], COMPOSE["services"]["app"]
    assert app["network_mode"] == "service:hub" and "ports" not in app
    assert hub["ports"] == ["127.0.0.1:8501:8501"]
    port = hub["command"][hub["command"].index("--port") + 1]
    assert app["environment"]["HF_ENDPOINT"] == f"http://127.0.0.1:{port}"
    assert "--host" not in hub["command"]
    assert app["depends_on"]["hub"]["condition"] == "service_healthy" and hub["healthcheck"]


def test_what_compose_keeps_lies_in_volumes_that_the_user_of_the_image_owns():
    mounted = {
        volume.split(":")[1] for one in COMPOSE["services"].values() for volume in one["volumes"]
    }
    (made,) = [line for line in instructions("RUN") if line.startswith("mkdir")]
    assert {path.replace("/home/user", "$HOME") for path in mounted} == set(
        re.findall(r'"(.*?)"', made)
    )
    assert DOCKERFILE.index("USER user") < DOCKERFILE.index("RUN mkdir")


def test_errors_show_no_trace():
    assert CONFIG["client"]["showErrorDetails"] == "none"
