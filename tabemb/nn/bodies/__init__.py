"""The bodies: what lies between the features and the logits. One file each."""

from tabemb.nn.bodies.body import BODIES, Body
from tabemb.nn.bodies.mlp import Mlp

__all__ = ["BODIES", "Body", "Mlp"]
