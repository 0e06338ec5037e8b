"""schemathesis asks everything that the schema of the API allows, and much that it does not."""

import pytest
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.schemas import OpenApiSchema

from inference.core.settings import Secret
from tests.inference.asked_api import app_of

pytestmark = pytest.mark.slow

KEY = "key"
# What a text must hold, and which models, labels and catalogues there are, no schema says: a body
# of the right shape may get a 422. 415 is for a content type that the schema does not name.
CONFIG = {
    "generation": {"max-examples": 25, "deterministic": True},
    "checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", 401, 422, 429, 503]}},
}


def schema_of(**limits: object) -> OpenApiSchema:
    app = app_of(per_minute=10**9, **limits)
    config = SchemathesisConfig.from_dict(CONFIG)
    return schemathesis.openapi.from_asgi("/api/openapi.json", app, config=config)


open_api, locked_api = schema_of(), schema_of(api_key=Secret(KEY))


@open_api.parametrize()
def test_every_answer_is_as_the_schema_says(case):
    case.call_and_validate()


@locked_api.parametrize()
def test_with_a_key_too(case):
    case.call_and_validate(headers={"Authorization": f"Bearer {KEY}"})
