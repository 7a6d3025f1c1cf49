.PHONY: check checkpoints docs

check:  ## formatting, lint and types
	ruff format --check .
	ruff check .
	mypy

checkpoints:  ## train every checkpoint that ships again
	python -m checkpoints.build

docs:  ## write docs/reference/ from the code again
	python -m docs.build
