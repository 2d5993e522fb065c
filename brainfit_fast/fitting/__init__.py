"""Fitting: the loss as a pure function, the optimizers' loops, and what a fit returns."""
