"""How many labels a text has: exactly one, or any number of them."""

SINGLE = "single_label_classification"


MULTI = "multi_label_classification"
