"""The machine a training runs on: processes, memory, precision, threads."""
