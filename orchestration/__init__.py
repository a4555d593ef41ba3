"""Orchestration: when, where and with what the line runs.

Definitions, jobs, schedules, sensors, alerts and the command line belong here; what a step does lives in assets, quality_checks or reports.
"""
