"""People and clothes drawn by rule, for samples, training and tests; built on the body, in numpy and OpenCV."""
