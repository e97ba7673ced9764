"""What sources need beside their own words: settings, keyrings, and the world outside."""

from __future__ import annotations

from dataclasses import dataclass

from ecsvnc.runtime import Runtime
from ecsvnc.settings.resolve import Settings
from ecsvnc.settings.secret_store import SecretStores


@dataclass(frozen=True, slots=True)
class Tools:
    """Handed to every source that needs more than the environment."""

    runtime: Runtime
    settings: Settings
    secrets: SecretStores
