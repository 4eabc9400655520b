"""Streets to walk on, walls and gates that stop or let through, and what the base map draws."""
