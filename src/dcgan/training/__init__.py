"""Training: recipe, loop, health, checkpoints and the run folder. Import its modules by name; this file is light."""
