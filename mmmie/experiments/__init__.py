"""Experiments: a grid of settings and seeds, its trials, one table and one report.

`plan` reads the file, `trial` runs one training or baseline, `local` and `on_ray` run many,
`results` makes the table, `statistics` the intervals and tests, `report` the pages.
"""
