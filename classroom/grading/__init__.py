"""The grader: what students handed in is found, read, judged in a sandbox, and reported."""
