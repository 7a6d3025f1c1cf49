"""What estimators with a learned critic or conditional are made of."""
