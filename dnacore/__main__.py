"""`python -m dnacore`."""

import sys

from dnacore.commands.parser import main

sys.exit(main())
