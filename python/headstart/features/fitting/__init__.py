"""The fit of features to training rows, which only training needs."""
