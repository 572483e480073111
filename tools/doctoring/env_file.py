"""The variables of `.env`, for tools: read as the local cloud reads them, which is as Serverless Devs does."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from doctoring import DoctorError

sys.path.append(str(Path(__file__).resolve().parents[2]))

from local.dotenv import Dotenv, DotenvProblem, read_dotenv

__all__ = ["Dotenv", "read_env_file"]


def read_env_file(path: Path, shell: Mapping[str, str]) -> Dotenv:
    """Read the file; no file is an empty one. What `shell` has wins, also where it is empty. Raises DoctorError."""
    try:
        return read_dotenv(path, shell)
    except DotenvProblem as problem:
        raise DoctorError(str(problem)) from None
