"""Pages for the browser: masks and boxes drawn by hand, and the studio, on which one trains, draws and sorts."""
