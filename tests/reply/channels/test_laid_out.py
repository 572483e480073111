"""A saved answer is shown, whatever laying it out comes to."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from reply import markdown, parts
from reply.channels import laid_out
from reply.parts import LONGEST_BLANK, Limits, showable
from shared.errors import DeliveryDelayed
from tests.reply.channels.test_session_webhook import World, question
