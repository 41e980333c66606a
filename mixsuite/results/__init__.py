"""Results folders: records, the manifest of what a folder shows, reading them, and the data root."""
