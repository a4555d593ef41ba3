"""Tests of the dbt project that need no database."""
