"""What to run: matrix, specs, and the objects and code behind them."""
