"""The rows of the Controls panel: one class for each way to show a control, all with one interface."""
