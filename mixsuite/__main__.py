"""``python -m mixsuite``."""

from mixsuite.cli import main

if __name__ == "__main__":
    main()
