"""``python -m mmmie`` is the ``mmmie`` command."""

from mmmie.cli import main

if __name__ == "__main__":
    main()
