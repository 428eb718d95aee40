"""The twin's own tests: known answers, round trips, loss, and flipped bits."""
