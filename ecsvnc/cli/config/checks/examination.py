"""The checks in their order, and which of them wait for another to go well."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from ecsvnc.cli.config.checks.keys import credentials_line, keyring_line
from ecsvnc.cli.config.checks.lines import Line, failed, not_tested
from ecsvnc.cli.config.checks.machine import browser_line, settings_line, viewers_line, without_region
from ecsvnc.cli.config.checks.service import (
    Reached,
    clock_line,
    endpoint_line,
    instances_line,
    is_no_region,
    known_regions,
    reach,
    regions_line,
    ticket_line,
)
from ecsvnc.ecs.ram_policy import FIND_BY_NAME, KNOW_THE_REGIONS, OPEN_A_CONSOLE
from ecsvnc.errors import CredentialsError, EcsvncError, PermissionDeniedError, UsageError
from ecsvnc.instances.lookup import CENTRAL_REGION
from ecsvnc.instances.targets import InstanceId, Target

if TYPE_CHECKING:
    from ecsvnc.cli.session import Session
    from ecsvnc.runtime import Runtime
    from ecsvnc.settings.secret_store import SecretStores


class Examination:
    """One run of all checks; `target` is the instance of which a ticket is to be tried, or None."""

    def __init__(self, session: Session, stores: SecretStores, target: Target | None, *, runtime: Runtime) -> None:
        self._session = session
        self._settings = session.settings
        self._stores = stores
        self._target = target
        self._runtime = runtime
        self._wrong_settings: EcsvncError | None = None
        self._known_regions: set[str] = set()
        self._missing_region = ""

    def lines(self) -> Iterator[Line]:
        """Each line as soon as it is known. Raises UsageError for a bad option, before the first."""
        settings = self._try("settings", lambda: settings_line(self._settings))
        self._wrong_settings = settings.failure
        keyring = self._try("keyring", lambda: keyring_line(self._settings, self._stores))
        of_service = self._lines_of_service()
        if settings.failure is None and self._settings.region is not None:
            of_service = iter(list(of_service))  # only the service knows whether there is such a region
            if self._missing_region:
                settings = without_region(settings, self._settings, self._missing_region)
        yield settings
        yield keyring
        yield from of_service
        yield self._try("browser", lambda: browser_line(self._settings, self._runtime))
        yield self._try("viewers", lambda: viewers_line(self._settings, self._runtime))

    def _lines_of_service(self) -> Iterator[Line]:
        session = self._session
        credentials = self._try("credentials", lambda: credentials_line(session.credentials.found(), self._now))
        clock, endpoint = self._clock_and_endpoint()
        obstacle = _obstacle(credentials, endpoint)
        regions = self._unless(obstacle, KNOW_THE_REGIONS, self._regions)
        refused = _refusal_of_credentials(regions)
        if refused is not None:  # the first signed request shows what they are worth
            credentials = failed("credentials", refused)
            obstacle = _obstacle(credentials, endpoint)
            regions = not_tested(KNOW_THE_REGIONS, obstacle)
        yield credentials.needed()
        yield clock
        yield endpoint.needed()
        if not obstacle and self._wrong_settings is None:
            self._look_for_region()
        instances = self._unless(obstacle, FIND_BY_NAME, lambda: instances_line(session.client, self._region_id))
        yield instances
        yield regions
        yield self._ticket(obstacle, may_look_up=not isinstance(instances.failure, PermissionDeniedError))

    def _regions(self) -> Line:
        self._known_regions = known_regions(self._session.client, self._region_id)
        return regions_line(self._known_regions)

    def _look_for_region(self) -> None:
        """Find out whether there is the region that is set."""
        region = self._settings.region
        if region is not None and region not in self._known_regions and is_no_region(self._session.client, region):
            self._missing_region = region

    def _clock_and_endpoint(self) -> tuple[Line, Line]:
        reached: list[Reached] = []

        def endpoint() -> Line:
            reached.append(reach(self._session, self._region_id, self._runtime))
            set_by = self._settings.origin("endpoint").name if self._settings.endpoint else ""
            return endpoint_line(reached[0], set_by)

        line = self._try("endpoint", endpoint)
        clock = clock_line(reached[0].offset_s) if reached else not_tested("clock", "the endpoint does not answer.")
        return clock, line

    def _ticket(self, obstacle: str, *, may_look_up: bool) -> Line:
        target = self._target
        if target is None:
            return not_tested(OPEN_A_CONSOLE, "name an INSTANCE, and a ticket of it is taken and thrown away.")
        if self._missing_region and self._settings.explicit_region is not None:
            obstacle = "the settings have to be right first."
        if not obstacle and not may_look_up and not isinstance(target, InstanceId):
            obstacle = f"{target.text} may not be looked up; `ecsvnc config check` with its id tests this."
        return self._unless(obstacle, OPEN_A_CONSOLE, lambda: ticket_line(self._session, target)).needed()

    @property
    def _region_id(self) -> str:
        """Where to ask: an endpoint that serves one region only refuses the others."""
        of_id = self._session.region_known_offline(self._target) if isinstance(self._target, InstanceId) else None
        region = of_id or self._settings.region
        return CENTRAL_REGION if region in (None, self._missing_region) else region

    @property
    def _now(self) -> float:
        return self._runtime.now()

    def _unless(self, obstacle: str, subject: str, make: Callable[[], Line]) -> Line:
        return not_tested(subject, obstacle) if obstacle else self._try(subject, make)

    def _try(self, subject: str, make: Callable[[], Line]) -> Line:
        """The line that `make` makes, or what its failure says."""
        try:
            return make()
        except UsageError:
            raise
        except EcsvncError as error:
            if self._wrong_settings is not None and error.what == self._wrong_settings.what:
                return not_tested(subject, "the settings have to be right first.")
            return failed(subject, error)


def _obstacle(credentials: Line, endpoint: Line) -> str:
    """What keeps signed requests from being made; empty if nothing does."""
    if not credentials.is_well:
        return "it takes credentials that are good."
    return "" if endpoint.is_well else "the endpoint does not answer."


def _refusal_of_credentials(line: Line) -> CredentialsError | None:
    """Why the service takes the credentials for nobody's; a permission that is missing is another matter."""
    error = line.failure
    return error if isinstance(error, CredentialsError) and not isinstance(error, PermissionDeniedError) else None
