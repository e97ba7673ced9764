"""The screen of an instance in ECS's screenshots: without a console session, so no other session ends."""

from __future__ import annotations

from ecsvnc.capture.shot import Shot
from ecsvnc.ecs.get_instance_screenshot import INTERVAL_S, GetInstanceScreenshot
from ecsvnc.ecs.instance import Instance
from ecsvnc.errors import ConnectError, ServiceError, StateError
from ecsvnc.instances.finder import InstanceFinder
from ecsvnc.openapi.client import Client
from ecsvnc.pictures import screen_in
from ecsvnc.runtime import Runtime
from ecsvnc.screen.reader import ScreenReader
from ecsvnc.tickets.budget import Budget


class ScreenshotScreen:
    """The screen in ECS's screenshots of an instance. `budget` is that of screenshots.

    Without `reads_text`, shots only have pixels, since reading takes time.
    """

    def __init__(
        self,
        client: Client,
        finder: InstanceFinder,
        instance: Instance,
        budget: Budget,
        *,
        reads_text: bool = True,
        runtime: Runtime,
    ) -> None:
        self._client = client
        self._finder = finder
        self._instance = instance
        self._budget = budget
        self._runtime = runtime
        self._reader = ScreenReader() if reads_text else None

    def look(self, *, budget_s: float | None = None) -> Shot:
        """The screen, as soon as ECS allows another screenshot. `budget_s` bounds the request."""
        self._budget.claim(self._instance.id)
        instance = self._instance
        action = GetInstanceScreenshot(instance.region_id, instance.id)
        try:
            answer = self._client.call(action, region_id=instance.region_id, budget_s=budget_s)
        except StateError as error:
            raise self._finder.with_state(error, instance, needed_by="a screenshot") from error
        framebuffer = screen_in(answer.value)
        text = self._reader.read_picture(framebuffer) if self._reader is not None else None
        return Shot(framebuffer, text, answer.received_at, "screenshot")

    def next(self, timeout_s: float) -> Shot | None:
        """The screen in the next screenshot; None if the time is up before, or if there is none.

        There is none while an instance reboots, and while the service or the network fails.
        """
        self._runtime.sleep(min(timeout_s, INTERVAL_S))
        if timeout_s < INTERVAL_S:
            return None
        try:
            return self.look()
        except (StateError, ConnectError, ServiceError) as error:
            self._runtime.reporter.info(f"No screenshot: {error.what}")
            return None
