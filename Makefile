# Each target does its own set-up; the work itself is in gis/setup (Python's standard library only).
PYTHON3 := $(or $(shell for p in python3 python3.13 python3.12 python3.11; do $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done),python3)
SETUP := $(PYTHON3) -m gis.setup
export PLACE OSM PORT NAME SCALE

.DEFAULT_GOAL := help
.PHONY: help run demo stop test check bench database lock

help:  ## Say what each target does
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## /make \1\t/' | expand -t 16

run:  ## Set up what is missing, fill an empty place, serve it  [PLACE=name] [OSM=extract] [PORT=8000]
	@$(SETUP) run

demo:  ## Print new one-time sign-ins  [PLACE=name]
	@$(SETUP) demo

stop:  ## End this clone's server and its PostGIS cluster
	@$(SETUP) stop

test:  ## All tests: logic, database, API, browser  [TESTS="tests/grids -k draw"] [SCALE=city]
	@$(SETUP) test $(TESTS)

check:  ## Style, types, imports, migrations, deployment, house rules, translations
	@$(SETUP) check

bench:  ## Ours against a peer, one JSON line a row, then the table  [NAME=locate] [SCALE=town]
	@$(SETUP) bench

database:  ## Start the cluster and make a place's empty database  [PLACE=name]
	@$(SETUP) database

lock:  ## Write the Python locks anew from pyproject.toml
	@$(SETUP) lock
