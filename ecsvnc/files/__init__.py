"""Files: read with limits, replaced as a whole, locked, and whether only this user can write them."""
