"""Statements of Reasons for the DSA Transparency Database: what the database takes, said before anything is sent.

Belongs here: its vocabulary and rules as data, the verdict on a statement, our advice where those rules are lax.
Does not belong here: choosing the decisions that need a statement, and sending.
"""
