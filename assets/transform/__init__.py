"""The dbt project inside Dagster: its assets, its checks, and its builds in this process.

Where the project lies, how it is parsed once and built belong here; SQL does not (that is `dbt_project/`).
dbt is imported inside the functions that run it: a run with nothing to build never pays for it.
"""
