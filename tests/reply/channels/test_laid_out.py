"""A saved answer is shown, whatever laying it out comes to."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from local.cloud import LocalCloud
from reply.channels.delivery import LONGEST_LAYOUT_S
