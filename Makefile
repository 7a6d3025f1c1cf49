.PHONY: check checkpoints

check:  ## formatting, lint and types
	ruff format --check .
	ruff check .
	mypy

checkpoints:  ## train every checkpoint that ships again
	python -m checkpoints.build
