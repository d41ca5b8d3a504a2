"""The exercises of the course: the student's own modules, one for each of minews."""
