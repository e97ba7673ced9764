"""Finds the instance: targets, regions, the lookup in all of them, the cache, and "not found" errors."""
