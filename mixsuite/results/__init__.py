"""Results folders: their records and manifest, how they are read, and the data root."""
