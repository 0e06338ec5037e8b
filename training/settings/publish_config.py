"""Whether and where a model is published, and what its card says of where it comes from."""

from dataclasses import dataclass

from hub.errors import HubError
from hub.repo_ids import validate_tag
from inference.core.errors import ConfigError
from training.settings.groups import Group, setting


@dataclass(frozen=True)
class PublishConfig(Group):
    """Hub"""

    push_to_hub: bool = setting(False, changes_weights=False)
    """Publish the model when it is done; the right to do so is checked before training."""
    hub_model_id: str | None = setting(None, changes_weights=False)
    """Repo to publish to: owner/name, or a name in the namespace of the token's user."""
    hub_private: bool = setting(False, changes_weights=False)
    """Make the repo private when it is created."""
    hub_tag: str | None = setting(None, changes_weights=False)
    """Tag for the published commit, such as v1."""
    language: str = setting("en", changes_weights=False)
    """Language of the texts, for the card."""
    license: str = setting("apache-2.0", changes_weights=False)
    """License of the model, for its card."""
    dataset_title: str | None = setting(None, changes_weights=False)
    """What the data is called on the card."""
    dataset_license: str | None = setting(None, changes_weights=False)
    """License of the data, for the card."""

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
