# make run        starts Milanio on http://localhost:8080 (make run PORT=9000 for another port)
# make test       checks everything and runs all tests, in a real browser too
# make test-long  runs the tests that take hours: fuzz, long streams, crowds, a soak
# make check      format, lint and types only; make format puts the format right
# make coverage   the Python tests without browsers, and the share of lines that they reach
# make bench      measures the relay, beside Janus where it is installed; make bench BASE=REV beside another revision
# make wheel      makes a wheel of dist/ with the page and compiled modules, which needs a C compiler; or MILANIO_PURE=1
# make binary     makes dist/milanio, a server in one file, and dist/milanio-….tar.gz, a folder that starts faster
# make deb        makes a Debian package of that folder, with a service, of dist/
# All of them install what they need, into .venv and web/ui/node_modules.

PYTHON ?= python3
HOST ?=
PORT ?= 8080
DATA ?= data

BIN := .venv/bin
NPM := PATH="$(CURDIR)/$(BIN):$$PATH" npm --prefix web/ui
PAGE := $(shell find web/ui/src web/ui/public web/ui/scripts web/ui/index.html web/ui/vite.config.ts web/ui/package-lock.json -type f 2>/dev/null)

.PHONY: run test test-long test-compiled coverage check format bench build wheel binary deb clean

run: build/run.stamp build/page.stamp
	$(BIN)/milanio serve $(if $(HOST),--host $(HOST)) --port $(PORT) --data $(DATA)

build: build/run.stamp build/page.stamp build/clips.stamp

build/venv.stamp: tools/make-venv
	PYTHON="$(PYTHON)" tools/make-venv .venv
	@mkdir -p build && touch $@

build/run.stamp: build/venv.stamp requirements.lock pyproject.toml
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	@touch $@

build/dev.stamp: build/run.stamp requirements-dev.lock
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.lock
	@touch $@

build/node.stamp: build/venv.stamp tools/find-node web/ui/package-lock.json
	tools/find-node $(BIN)
	$(NPM) ci --no-audit --no-fund --loglevel=error
	@touch $@

build/page.stamp: build/node.stamp tools/page-licences $(PAGE)
	$(NPM) run build
	$(BIN)/python tools/page-licences web/ui web/static/licences.txt
	@touch $@

build/clips.stamp: build/run.stamp signaling/loadtest/encode.py signaling/loadtest/clips.py
	rm -rf signaling/loadtest/clips
	$(BIN)/python -m signaling.loadtest.library
	@touch $@

wheel: build/dev.stamp build/page.stamp build/clips.stamp
	$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .
	@ls -t dist/*.whl | head -1

# What the wheel has is in it. PyInstaller needs the modules of the project to be importable.
binary: wheel
	MILANIO_WHEEL="$$(ls -t dist/*.whl | head -1)" PYTHONPATH="$(CURDIR)" $(BIN)/pyinstaller --noconfirm \
		--log-level ERROR --distpath build/binary --workpath build/pyinstaller tools/binary/milanio.spec
	mv build/binary/milanio-one-file dist/milanio
	tar --create --gzip --owner=0 --group=0 --numeric-owner --file "dist/$$(cat build/binary/name).tar.gz" \
		--directory build/binary "$$(cat build/binary/name)"

deb: binary
	tools/make-deb "build/binary/$$(cat build/binary/name)" dist

build/programs.stamp: tools/find-program tools/apt-wait
	@mkdir -p build
	tools/find-program chromium build/chromium
	tools/find-program firefox build/firefox
	tools/find-program nginx build/nginx
	tools/find-program caddy build/caddy
	tools/find-program pebble build/pebble
	tools/find-program coturn build/coturn
	tools/find-program systemd-analyze build/systemd-analyze
	@touch $@

check: build/dev.stamp build/node.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest --quiet --numprocesses 0 tests/unit/test_imports.py
	$(BIN)/python -m signaling.messages.schema --check
	$(BIN)/python -m web.api.schema --check
	$(BIN)/python -m web.metrics --check
	$(BIN)/python -m web.monitoring --check
	$(BIN)/python -m web.strangers --check
	$(BIN)/python -m signaling.loadtest.document --check
	$(NPM) run format:check
	$(NPM) run lint
	$(NPM) run typecheck
	$(NPM) run types:check

format: build/dev.stamp build/node.stamp
	$(BIN)/ruff check --fix --quiet . || true
	$(BIN)/ruff format .
	$(BIN)/python -m signaling.messages.schema
	$(BIN)/python -m web.api.schema
	$(BIN)/python -m web.metrics
	$(BIN)/python -m web.monitoring
	$(BIN)/python -m web.strangers
	$(BIN)/python -m signaling.loadtest.document
	$(NPM) run types
	$(NPM) run format

test: check build/page.stamp build/clips.stamp build/programs.stamp
	$(NPM) run test
	$(BIN)/python -m pytest tests --ignore tests/browser -m "not long" --numprocesses 2
	$(BIN)/python -m pytest tests/browser -m "not alone and not long" --numprocesses 2
	$(BIN)/python -m pytest tests/browser -m "alone and not long"

test-long: build/dev.stamp build/page.stamp build/programs.stamp
	MILANIO_TEST_LONG=1 $(BIN)/python -m pytest tests/unit tests/sim
	MILANIO_TEST_LONG=1 $(BIN)/python -m pytest tests/long --capture=no
	MILANIO_TEST_LONG=1 $(BIN)/python -m pytest tests/browser -m "long or alone"

# The tests of the relay and of load tests, with the compiled form of their modules; part of test-long too.
test-compiled: build/dev.stamp build/page.stamp
	$(BIN)/python -m pytest tests/long/test_wheel.py --capture=no

coverage: build/dev.stamp build/page.stamp build/programs.stamp
	$(BIN)/python -m pytest tests --ignore tests/browser --ignore tests/bench/test_hostile_cost.py -m "not long" \
		--numprocesses 2 --cov --cov-report term-missing

bench: build/dev.stamp
	$(BIN)/python -m tests.bench $(if $(BASE),--base $(BASE))

clean:
	rm -rf .venv build web/static web/ui/node_modules signaling/loadtest/clips
