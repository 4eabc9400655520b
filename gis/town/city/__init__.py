"""A prefecture of two counties at its real size, made by the rules of the sample town."""
