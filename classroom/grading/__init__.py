"""The grader: submissions in, results out; the same cases and the same worker as `check`, in a sandbox.

submissions   what students handed in, found and read as bytes
reading       from bytes to the answers in them
sandbox       one for each submission, in which workers are forked
judging       one submission judged: its result
jobs          a judge process for each job that runs at the same time; any executor
journal       results as they come, so that a run that was killed goes on where it was
running       the command `grade`
"""
