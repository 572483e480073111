# make run          a chat page on this machine, answered by the code that is deployed
# make test         style, types, and every test but the long ones (under 5 minutes on two cores)
# make check        the long tests: the built packages, the proof's samples, growth of work (some minutes)
# make build        build/conversation and build/reply, as `s deploy` ships them (ARGS="--python 3.10")
# make doctor       looks at everything a deployment needs, and says what to do (ARGS="--offline --url https://…")
# make smoke        sends one signed message: make smoke URL=https://…, with the secret in the environment or in .env
# make forget       deletes what is stored of one person: make forget USER=… shows it, with YES=1 it is done
# make audit        looks up the pinned packages among known weaknesses; says so where it cannot (ARGS=--require)
# make bench        measures every budget beside its comparison (under 20 minutes, best as root on Linux; ARGS=--quick)
# make capacity     simulates waiting against arrival rate, for docs/capacity.md
# make prove        tries to break the promise, and counts what people saw (under an hour; ARGS="crash --share 0.1")
# make prove-build  the same packages from every Python at hand, each started on its target (some minutes)

# The first Python on the path that fits; give another with make PYTHON=/path/to/python3.12
PYTHON := $(shell for python in python3 python3.13 python3.12 python3.11 python3.10; do \
	$$python -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && \
	command -v $$python && break; done)
VENV_PYTHON := .venv/bin/python
# Two stamps: a .venv that runs and builds the functions, and one with everything for development.
RUNNABLE := .venv/.runnable
INSTALLED := .venv/.installed
ARGS :=

.PHONY: run test check build prove-build doctor smoke bench capacity prove forget audit

run: $(RUNNABLE)
	@exec $(VENV_PYTHON) -m local $(ARGS)

PYTEST := $(VENV_PYTHON) -m pytest -n auto --maxprocesses 4 --dist loadfile
# What takes longest: whole builds with their starts, samples of every part of the proof, growth of CPU time.
LONG := tests/linearity tests/proof $(wildcard tests/tools/test_packages*.py) \
	$(addprefix tests/tools/test_,precompiled.py lazy.py bundle.py make.py)

test: $(INSTALLED)
	$(VENV_PYTHON) -m ruff check .
	$(VENV_PYTHON) -m ruff format --check .
	$(VENV_PYTHON) -m mypy functions local tools proof
	$(PYTEST) $(addprefix --ignore=,$(LONG)) $(ARGS)

check: $(INSTALLED)
	$(PYTEST) $(LONG) $(ARGS)

build: $(RUNNABLE)
	@$(VENV_PYTHON) tools/build.py $(ARGS)

bench: $(INSTALLED)
	@$(VENV_PYTHON) -m benchmarks $(ARGS)

capacity: $(INSTALLED)
	@$(VENV_PYTHON) -m benchmarks.capacity

prove-build: $(INSTALLED)
	@$(VENV_PYTHON) tools/prove_build.py $(ARGS)

audit: $(INSTALLED)
	@$(VENV_PYTHON) tools/audit.py $(ARGS)

prove: $(INSTALLED)
	@$(VENV_PYTHON) -m proof $(ARGS)

doctor: $(RUNNABLE)
	@$(VENV_PYTHON) tools/doctor.py $(ARGS)

# A command line can be read by everybody on the machine: no secret is taken from there.
SECRETS := SECRET SMOKE_SECRET DINGTALK_APP_SECRET DINGTALK_CREDENTIALS
smoke: $(RUNNABLE)
	$(foreach name,$(SECRETS),$(if $(filter command,$(firstword $(origin $(name)))),$(error smoke: no secret belongs \
	on a command line; export it, or write it into .env, without $(name)= here; and rotate it if others use this machine)))
	@$(VENV_PYTHON) tools/smoke.py "$(URL)" $(ARGS)

# Every shell has a USER: only the one on the command line is meant. An id may hold a dollar sign: it is taken as it is.
forget: export FORGET_USER = $(if $(filter command,$(firstword $(origin USER))),$(value USER))
forget: $(RUNNABLE)
	@$(VENV_PYTHON) tools/forget.py $(if $(filter command,$(firstword $(origin YES))),--yes) $(ARGS)

$(RUNNABLE) $(INSTALLED): requirements.txt tools/locks/development.txt tools/install.py
	@test -n "$(PYTHON)" || { echo "make: no Python 3.10 to 3.13 was found; install one, or name it: make PYTHON=/path/to/python3.12" >&2; exit 1; }
	@"$(PYTHON)" tools/install.py $(if $(filter $(RUNNABLE),$@),--run)
