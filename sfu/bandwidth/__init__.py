"""What each viewer's link can take, and what is sent over it."""
