"""The bodies: the layers between the features and the logits, one per file."""

from tabemb.nn.bodies.body import BODIES, Body
from tabemb.nn.bodies.cross import Cross
from tabemb.nn.bodies.deepfm import DeepFM
from tabemb.nn.bodies.ensemble import Ensemble
from tabemb.nn.bodies.ft_transformer import FTTransformer
from tabemb.nn.bodies.mlp import Mlp
from tabemb.nn.bodies.resnet import ResNet
from tabemb.nn.bodies.tabm import TabM
from tabemb.nn.bodies.wide_deep import WideDeep

__all__ = ["BODIES", "Body", "Cross", "DeepFM", "Ensemble", "FTTransformer", "Mlp", "ResNet", "TabM", "WideDeep"]
