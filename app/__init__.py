"""The dashboard: pages ask, analysis answers, views draw."""
