"""The grader: submissions in, points, feedback and a report out."""
