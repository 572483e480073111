"""The Pythons that Function Compute runs."""

from __future__ import annotations

from dataclasses import dataclass

from shipping import ShippingError

_OLD_NAMES = ("manylinux2014_x86_64", "manylinux2010_x86_64", "manylinux1_x86_64")


@dataclass(frozen=True)
class Target:
    """One runtime: its Python, as "3.12", and the minor version of its glibc 2."""

    minor: str
    glibc: int

    @property
    def runtime(self) -> str:
        """FC's name, as in `runtime: python3.12`."""
        return f"python{self.minor}"

    @property
    def platforms(self) -> tuple[str, ...]:
        """Names that pip gives to platforms whose wheels run here, best first: those for the oldest glibc."""
        newer = tuple(f"manylinux_2_{minor}_x86_64" for minor in range(18, self.glibc + 1))
        older = tuple(f"manylinux_2_{minor}_x86_64" for minor in range(17, 4, -1))
        return (*_OLD_NAMES, *older, *newer)


# Debian 11 and Debian 10; https://www.alibabacloud.com/help/en/functioncompute/fc/user-guide/code-package-deployment-overview
TARGETS = (Target("3.12", glibc=31), Target("3.10", glibc=28))


def parse_target(text: str) -> Target:
    """Read "3.12" or "python3.12". Raises ShippingError for a Python that FC does not run."""
    for target in TARGETS:
        if text.strip().lower().removeprefix("python") == target.minor:
            return target
    raise ShippingError(
        f"{text!r} is no Python this bot is built for; give one of {', '.join(target.minor for target in TARGETS)}"
    )
