"""What every test may rely on."""

import signal

# Whoever starts the suite by nohup or in the background hands on ignored signals; the commands under test must hear.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
