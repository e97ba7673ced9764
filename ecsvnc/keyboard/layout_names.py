"""The keyboard layouts that `--layout` takes. Pure."""

LAYOUT_NAMES = ("us", "gb", "de", "de-nodeadkeys", "fr", "es", "jp")
"""Names of XKB's layouts, and of the one variant."""
