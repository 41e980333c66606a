"""The one door for plugins: how an entry is written, where its file is, how it is loaded and bound, and its identity."""
