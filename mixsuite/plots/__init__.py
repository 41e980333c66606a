"""Draw what methods do to real rows."""
