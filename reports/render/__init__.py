"""Renderers: one document, as a page, a workbook, comma-separated files and a PDF.

Only `reports.render` knows about charts, sheets and typesetting; figures arrive computed.
"""
