"""Exports of Label Studio: tasks, outlines and brushes, and the gold rows made from them."""
