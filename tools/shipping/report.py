"""What the deployer reads after a build."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from shipping.package import Built

LARGEST = 10


def lines(built: Built) -> Iterator[str]:
    """One package: its size against its budget, the ten largest parts, and what was left out."""
    name, budget = built.package.name, built.package.budget
    sizes = f"{size_text(built.size)} zipped of at most {size_text(budget)}"
    yield f"{name}: {sizes}, {len(built.packed)} files, content {built.content[:12]}"
    parts: Counter[str] = Counter()
    for path, size in built.packed.items():
        parts[path.split("/", 1)[0].removesuffix(".py")] += size
    for part, size in parts.most_common(LARGEST):
        yield f"  {size_text(size):>9}  {part}"
    for removed in built.removed:
        yield f"  left out: {removed.reason} ({removed.files} files, {size_text(removed.size)} unpacked)"


def size_text(size: int) -> str:
    """A size as people write it, in decimal units."""
    return f"{size / 1e6:.2f} MB" if size >= 1_000_000 else f"{size / 1e3:.1f} KB"
