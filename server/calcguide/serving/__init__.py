"""HTTP: requests are read, watched, answered; and handed over where one is heavy."""
