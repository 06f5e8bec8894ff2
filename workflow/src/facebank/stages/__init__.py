"""The stages: one module a rule, each with one function of the rule's name.

The function takes keyword arguments only. The rule, the command line and the tests call the same one.
"""
