"""Hooks of schemathesis for Benchmarks/schemathesis: ids of things that exist."""
import json
import os
import random

import schemathesis

IDS = json.loads(os.environ.get("CODETETHER_IDS", "{}"))


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    """Half of the ids are of things that exist."""
    chance = random.Random(repr(path_parameters))
    for name in path_parameters or {}:
        if name in IDS and chance.random() < 0.5:
            path_parameters[name] = chance.choice(IDS[name])
    return path_parameters

