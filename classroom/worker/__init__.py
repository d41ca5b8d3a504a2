"""The process that runs a student's code.

`__main__` starts it; `runner` does the work; `recipes` builds what cannot cross. `protocol` and `codec` are
shared with the judge's side, which is `classroom.workers` (and `host` here: starting, talking to and ending
a worker). Standard library and `minews.types` only: the reference must not be here.
"""
