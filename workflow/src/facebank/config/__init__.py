"""The configuration: one model a section, from which schema and commented default are generated."""
