"""Pictures of what a method does to real rows."""
