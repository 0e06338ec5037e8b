"""Whether and where a model is published, and what its card says of where it comes from."""

from dataclasses import dataclass

from hub.errors import HubError
from hub.repo_ids import validate_tag
from inference.core.errors import ConfigError
from training.settings.groups import Group, setting


@dataclass(frozen=True)
class PublishConfig(Group):
    """Hub"""

    push_to_hub: bool = setting(
        False,
        "Publish the model when it is done; the right to do so is checked before training.",
        changes_weights=False,
    )
    hub_model_id: str | None = setting(
        None,
        "Repo to publish to: owner/name, or a name in the namespace of the token's user.",
        changes_weights=False,
    )
    hub_private: bool = setting(
        False, "Make the repo private when it is created.", changes_weights=False
    )
    hub_tag: str | None = setting(
        None, "Tag for the published commit, such as v1.", changes_weights=False
    )
    language: str = setting("en", "Language of the texts, for the card.", changes_weights=False)
    license: str = setting(
        "apache-2.0", "License of the model, for its card.", changes_weights=False
    )
    dataset_title: str | None = setting(
        None, "What the data is called on the card.", changes_weights=False
    )
    dataset_license: str | None = setting(
        None, "License of the data, for the card.", changes_weights=False
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.push_to_hub and not self.hub_model_id:
            raise ConfigError(
                "push_to_hub is set but hub_model_id is not; say where to publish, for example "
                "--hub_model_id my-model"
            )
        try:  # before anything is trained for it
            if self.hub_tag is not None:
                validate_tag(self.hub_tag)
        except HubError as error:
            raise ConfigError(f"hub_tag: {error}") from None
