"""People drawn by rule who look like people: skin, hair, clothes and light on the human body of `assets/body/`."""
