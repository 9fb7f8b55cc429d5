"""Rings when the tea is ready."""

import time

MINUTES = {"green": 2, "black": 4, "herbal": 7}


def brew(kind: str) -> None:
    time.sleep(MINUTES[kind] * 60)
    print("\aThe tea is ready.")
