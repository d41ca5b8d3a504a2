"""What is built only to understand: nothing in the library imports it."""
