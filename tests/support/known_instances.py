"""What an earlier run stored of an embedded ECS's instances, so that a name is not searched in all regions.

Such a search is some forty requests, and several times the work of the rest of a run. The tests of the search itself,
of `ecsvnc list` and of what a first run does begin without the cache.
"""

from __future__ import annotations

from collections import Counter

from ecsvnc.instances.cache import InstanceCache, KnownInstance, UniqueWithin, cache_file
from ecsvnc.runtime import Runtime


def store_instances(ecs, cache_folder):
    """Store every instance that is the only one of its name, as `ecsvnc list` does."""
    file = cache_file(cache_folder, account=ecs.identity.access_key_id, endpoint=ecs.origin)
    names = Counter(instance.name for instance in ecs.fleet)
    InstanceCache(file, Runtime.of_this_process()).remember(
        KnownInstance(each.id, each.region_id, each.name, each.os_type, unique_within=UniqueWithin.ALL_REGIONS)
        for each in ecs.fleet
        if names[each.name] == 1
    )
