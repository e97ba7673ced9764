"""The cache of instances that were seen before, as a run of ecsvnc leaves it in a home."""

from __future__ import annotations

import json

from ecsvnc.instances.cache import InstanceCache, KnownInstance
from ecsvnc.runtime import Runtime


def remember(home, regions_and_names):
    """Have seen instances: by id, the region and name of each. The file."""
    file = home / ".cache" / "ecsvnc" / "instances-0123456789abcdef.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    instances = [KnownInstance(id_, region, name, "linux") for id_, (region, name) in regions_and_names.items()]
    InstanceCache(file, Runtime({}, home, now=lambda: 1.0)).remember(instances)
    assert len(json.loads(file.read_bytes())["instances"]) == len(instances)
    return file
