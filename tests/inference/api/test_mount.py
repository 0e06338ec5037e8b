import subprocess
import sys

import pytest

from inference.core.errors import ConfigError
from tests.inference.asked_api import CATALOGUES, asked

HEAVY = {"fastapi", "pydantic", "prometheus_client"}


def test_health_answers_without_reading_anything():
    def broken():
        raise ConfigError("the catalogue is gone")

    with asked(load_catalogues=broken) as client:
        assert client.get("health").json() == {"status": "ok"}


def test_a_space_that_is_not_set_up_says_so_until_it_is():
    answers = iter((ConfigError("models.yaml is gone"), CATALOGUES))

    def load():
        found = next(answers)
        if isinstance(found, ConfigError):
            raise found
        return found

    with asked(load_catalogues=load) as client:
        broken = client.get("models")
        assert (broken.status_code, broken.json()["error"]) == (500, "config_error")
        assert client.get("models").json()["title"] == "Toys"


@pytest.mark.slow
def test_nothing_of_the_framework_is_loaded_before_somebody_asks():
    """It takes longer to import than Streamlit, which a visitor of the pages must not wait for."""
    code = f"""
import sys
from tests.inference.asked_api import asked
with asked() as client:
    client.get("health")
    print(*sorted({HEAVY} & set(sys.modules)))
    client.get("info")
    print(*sorted({HEAVY} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    before, after = done.stdout.split("\n")[:2]
    assert (before, set(after.split())) == ("", HEAVY)
